-- Newest first, by claims_of_medcard.
SELECT medcard_id, claim_id, provider_id, plan_id, beneficiary_id, service_date, year, currency, status, claimed_minor,
       approved_minor, paid_minor, reason_codes, payment_reference, document_refs, diagnosis_codes, lines,
       appeal_reason, filed_at, updated_at, position
FROM read.claims
WHERE medcard_id = :medcard_id
    AND (filed_at, claim_id) < (coalesce(:after_at::timestamptz, 'infinity'), coalesce(:after_id::text, ''))
    AND (:provider_id::text IS NULL OR provider_id = :provider_id)
    AND (:plan_id::text IS NULL OR plan_id = :plan_id)
    AND (:beneficiary_id::text IS NULL OR beneficiary_id = :beneficiary_id)
    AND (:status::text IS NULL OR status = :status)
ORDER BY filed_at DESC, claim_id DESC
LIMIT :limit
