-- Newest first, by claims_of_provider.
-- Of `walk_max` rows that were looked at, the last is shown whether it fits or not: the search goes on behind it.
SELECT medcard_id, claim_id, provider_id, plan_id, beneficiary_id, service_date, year, currency, status, claimed_minor,
       approved_minor, paid_minor, reason_codes, payment_reference, document_refs, diagnosis_codes, lines,
       appeal_reason, filed_at, updated_at, position, fits, nth = :walk_max AS last
FROM (
    SELECT *, row_number() OVER (ORDER BY filed_at DESC, claim_id DESC, medcard_id DESC) AS nth,
        ((:plan_id::text IS NULL OR plan_id = :plan_id)
            AND (:beneficiary_id::text IS NULL OR beneficiary_id = :beneficiary_id)
            AND (:status::text IS NULL OR status = :status)) AS fits
    FROM read.claims
    WHERE provider_id = :provider_id
        AND (filed_at, claim_id, medcard_id) < (
            coalesce(:after_at::timestamptz, 'infinity'),
            coalesce(:after_id::text, ''), coalesce(:after_within::text, '')
        )
    ORDER BY filed_at DESC, claim_id DESC, medcard_id DESC
    LIMIT :walk_max
) AS walked
WHERE fits OR nth = :walk_max
ORDER BY filed_at DESC, claim_id DESC, medcard_id DESC
LIMIT :limit
