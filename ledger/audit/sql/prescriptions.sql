-- Claims whose outcome or amounts are not what their events say.
WITH decided AS (
    SELECT aggregate_id AS medcard_id, event_data ->> 'claimId' AS claim_id,
           CASE event_type WHEN 'PrescriptionClaimed' THEN 'PAID' WHEN 'PrescriptionClaimRejected' THEN 'REJECTED'
                           WHEN 'PrescriptionClaimVoided' THEN 'VOIDED' END AS status,
           (event_data ->> 'totalMinor')::bigint AS total_minor,
           coalesce((event_data ->> 'coveredMinor')::bigint, 0) AS covered_minor
    FROM ledger.events
    WHERE topic = 'medcard'
      AND event_type IN ('PrescriptionClaimed', 'PrescriptionClaimRejected', 'PrescriptionClaimVoided')
), reversed AS (
    SELECT aggregate_id AS medcard_id, event_data ->> 'claimId' AS claim_id
    FROM ledger.events WHERE topic = 'medcard' AND event_type = 'PrescriptionClaimReversed'
), log AS (
    SELECT medcard_id, claim_id, total_minor, covered_minor,
           CASE WHEN reversed.claim_id IS NULL THEN status ELSE 'REVERSED' END AS status
    FROM decided LEFT JOIN reversed USING (medcard_id, claim_id)
)
SELECT coalesce(log.medcard_id, p.medcard_id) || ' ' || coalesce(log.claim_id, p.claim_id) AS place,
       format('log: %s %s of %s; read model: %s %s of %s', log.status, log.covered_minor, log.total_minor,
              p.status, p.covered_minor, p.total_minor) AS what
FROM log FULL JOIN (SELECT * FROM read.prescriptions WHERE status IN ('PAID', 'REJECTED', 'VOIDED', 'REVERSED')) p
    ON p.medcard_id = log.medcard_id AND p.claim_id = log.claim_id
WHERE (log.status, log.total_minor, log.covered_minor) IS DISTINCT FROM (p.status, p.total_minor, p.covered_minor)
LIMIT 100
