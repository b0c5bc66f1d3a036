SELECT claim_id, medcard_id, prescription_id, fill_number, pharmacy_id, terminal_id, beneficiary_id, service_date,
       month, currency, status, total_minor, covered_minor, copay_minor, reject_codes, items, claimed_at,
       reversed_at, position
FROM read.prescriptions
WHERE medcard_id = :medcard_id AND claim_id = :claim_id
