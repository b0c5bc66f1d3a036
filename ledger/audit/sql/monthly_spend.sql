-- What each card's plan covered in each month: claims less reversals, summed over the log.
WITH moved AS (
    SELECT aggregate_id AS medcard_id, event_data ->> 'month' AS month,
           CASE event_type WHEN 'PrescriptionClaimReversed' THEN -1 ELSE 1 END AS sign,
           (event_data ->> 'coveredMinor')::bigint AS covered_minor, (event_data ->> 'totalMinor')::bigint AS total_minor
    FROM ledger.applied_events
    WHERE projection = 'medcards' AND topic = 'medcard' AND event_type IN ('PrescriptionClaimed', 'PrescriptionClaimReversed')
), log AS (
    SELECT medcard_id, month, sum(sign * covered_minor)::bigint AS covered_minor,
           sum(sign * total_minor)::bigint AS total_minor, sum(sign)::bigint AS claims
    FROM moved GROUP BY medcard_id, month
)
SELECT coalesce(log.medcard_id, s.medcard_id) || ' ' || coalesce(log.month, s.month) AS place,
       format('log: %s of %s in %s claims; read model: %s of %s in %s', log.covered_minor, log.total_minor, log.claims,
              s.covered_minor, s.total_minor, s.claims) AS what
FROM log FULL JOIN read.medcard_monthly_spend s USING (medcard_id, month)
WHERE (log.covered_minor, log.total_minor, log.claims) IS DISTINCT FROM (s.covered_minor, s.total_minor, s.claims)
LIMIT 100
