SELECT medcard_id, beneficiary_id, relation, person, monthly_limit_minor, since
FROM read.beneficiaries
WHERE medcard_id = ANY(:medcard_ids::text[])
ORDER BY medcard_id, since, beneficiary_id
