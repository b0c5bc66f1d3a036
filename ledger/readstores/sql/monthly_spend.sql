SELECT medcard_id, month, currency, covered_minor, total_minor, claims
FROM read.medcard_monthly_spend
WHERE medcard_id = ANY(:medcard_ids::text[]) AND month = :month
ORDER BY medcard_id
