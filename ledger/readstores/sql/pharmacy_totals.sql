-- A stretch of prescriptions_of_pharmacy, a day of one pharmacy as a rule.
SELECT pharmacy_id, status, currency, count(*) AS claims, sum(total_minor)::bigint AS total_minor,
       sum(covered_minor)::bigint AS covered_minor, sum(copay_minor)::bigint AS copay_minor
FROM read.prescriptions
WHERE pharmacy_id = ANY(:pharmacy_ids::text[]) AND claimed_at >= :since AND claimed_at < :until
    AND (:terminal_id::text IS NULL OR terminal_id = :terminal_id)
GROUP BY pharmacy_id, status, currency
ORDER BY pharmacy_id, status, currency
