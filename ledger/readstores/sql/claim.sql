SELECT medcard_id, claim_id, provider_id, plan_id, beneficiary_id, service_date, year, currency, status, claimed_minor,
       approved_minor, paid_minor, reason_codes, payment_reference, document_refs, diagnosis_codes, lines,
       appeal_reason, filed_at, updated_at, position
FROM read.claims
WHERE medcard_id = :medcard_id AND claim_id = :claim_id
