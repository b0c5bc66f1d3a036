-- Newest first, by prescriptions_rejected.
SELECT claim_id, medcard_id, prescription_id, fill_number, pharmacy_id, terminal_id, beneficiary_id, service_date,
       month, currency, status, total_minor, covered_minor, copay_minor, reject_codes, items, claimed_at,
       reversed_at, position
FROM read.prescriptions
WHERE pharmacy_id = :pharmacy_id
    AND (claimed_at, claim_id) < (coalesce(:after_at::timestamptz, 'infinity'), coalesce(:after_id::text, ''))
    AND (:beneficiary_id::text IS NULL OR beneficiary_id = :beneficiary_id)
    AND status = 'REJECTED'
    AND (:month::text IS NULL OR month = :month)
ORDER BY claimed_at DESC, claim_id DESC
LIMIT :limit
