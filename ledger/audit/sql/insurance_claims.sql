-- Insurance claims whose state or amounts are not what their events say: the newest decision counts.
WITH log AS (
    SELECT aggregate_id AS medcard_id, event_data ->> 'claimId' AS claim_id,
           max((event_data ->> 'claimedMinor')::bigint) FILTER (WHERE event_type = 'InsuranceClaimFiled') AS claimed_minor,
           coalesce((array_agg(coalesce((event_data ->> 'approvedMinor')::bigint, 0) ORDER BY version DESC)
                     FILTER (WHERE event_type IN ('InsuranceClaimApproved', 'InsuranceClaimRejected')))[1], 0)
               AS approved_minor,
           coalesce(sum((event_data ->> 'paidMinor')::bigint) FILTER (WHERE event_type = 'InsuranceClaimPaid'), 0)::bigint
               AS paid_minor,
           (array_agg(CASE event_type
                          WHEN 'InsuranceClaimFiled' THEN 'FILED' WHEN 'InsuranceClaimReviewStarted' THEN 'UNDER_REVIEW'
                          WHEN 'InsuranceClaimRejected' THEN 'REJECTED' WHEN 'InsuranceClaimPaid' THEN 'PAID'
                          WHEN 'InsuranceClaimAppealed' THEN 'APPEALED'
                          WHEN 'InsuranceClaimApproved' THEN
                              CASE WHEN event_data -> 'approvedMinor' = event_data -> 'claimedMinor'
                                   THEN 'APPROVED' ELSE 'PARTIALLY_APPROVED' END
                      END ORDER BY version DESC))[1] AS status
    FROM ledger.applied_events
    WHERE projection = 'medcards' AND topic = 'medcard' AND event_type LIKE 'InsuranceClaim%'
    GROUP BY aggregate_id, event_data ->> 'claimId'
)
SELECT coalesce(log.medcard_id, c.medcard_id) || ' ' || coalesce(log.claim_id, c.claim_id) AS place,
       format('log: %s, %s of %s, paid %s; read model: %s, %s of %s, paid %s', log.status, log.approved_minor,
              log.claimed_minor, log.paid_minor, c.status, c.approved_minor, c.claimed_minor, c.paid_minor) AS what
FROM log FULL JOIN read.claims c ON c.medcard_id = log.medcard_id AND c.claim_id = log.claim_id
WHERE (log.status, log.claimed_minor, log.approved_minor, log.paid_minor)
    IS DISTINCT FROM (c.status, c.claimed_minor, c.approved_minor, c.paid_minor)
LIMIT 100
