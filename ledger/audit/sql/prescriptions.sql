-- Claims whose outcome or amounts are not what their newest deciding events say.
WITH decided AS (
    SELECT DISTINCT ON (aggregate_id, event_data ->> 'claimId')
           aggregate_id AS medcard_id, event_data ->> 'claimId' AS claim_id,
           CASE event_type
               WHEN 'PrescriptionClaimed' THEN 'PAID'
               WHEN 'PrescriptionClaimReserved' THEN 'PENDING'
               WHEN 'PrescriptionClaimRejected' THEN 'REJECTED'
               WHEN 'PrescriptionClaimVoided' THEN 'VOIDED'
               WHEN 'PrescriptionClaimReleased' THEN
                   CASE WHEN event_data -> 'rejectCodes' = '[]' THEN 'REVERSED' ELSE 'REJECTED' END
           END AS status,
           (event_data ->> 'totalMinor')::bigint AS total_minor,
           CASE WHEN event_type = 'PrescriptionClaimReleased' THEN 0
                ELSE coalesce((event_data ->> 'coveredMinor')::bigint, 0) END AS covered_minor
    FROM ledger.applied_events
    WHERE projection = 'medcards' AND topic = 'medcard'
      AND event_type IN ('PrescriptionClaimed', 'PrescriptionClaimReserved', 'PrescriptionClaimRejected',
                         'PrescriptionClaimVoided', 'PrescriptionClaimReleased')
    ORDER BY aggregate_id, event_data ->> 'claimId', version DESC
), reversed AS (
    SELECT aggregate_id AS medcard_id, event_data ->> 'claimId' AS claim_id
    FROM ledger.applied_events WHERE projection = 'medcards' AND topic = 'medcard' AND event_type = 'PrescriptionClaimReversed'
), log AS (
    SELECT medcard_id, claim_id, total_minor, covered_minor,
           CASE WHEN reversed.claim_id IS NULL THEN status ELSE 'REVERSED' END AS status
    FROM decided LEFT JOIN reversed USING (medcard_id, claim_id)
)
SELECT coalesce(log.medcard_id, p.medcard_id) || ' ' || coalesce(log.claim_id, p.claim_id) AS place,
       format('log: %s %s of %s; read model: %s %s of %s', log.status, log.covered_minor, log.total_minor,
              p.status, p.covered_minor, p.total_minor) AS what
FROM log FULL JOIN read.prescriptions p ON p.medcard_id = log.medcard_id AND p.claim_id = log.claim_id
WHERE (log.status, log.total_minor, log.covered_minor) IS DISTINCT FROM (p.status, p.total_minor, p.covered_minor)
LIMIT 100
