-- Newest first, by prescriptions_of_pharmacy.
-- Of `walk_max` rows that were looked at, the last is shown whether it fits or not: the search goes on behind it.
SELECT claim_id, medcard_id, prescription_id, fill_number, pharmacy_id, terminal_id, beneficiary_id, service_date,
       month, currency, status, total_minor, covered_minor, copay_minor, reject_codes, items, claimed_at, reversed_at,
       position, fits, nth = :walk_max AS last
FROM (
    SELECT *, row_number() OVER (ORDER BY claimed_at DESC, claim_id DESC) AS nth,
        ((:beneficiary_id::text IS NULL OR beneficiary_id = :beneficiary_id)
            AND (:status::text IS NULL OR status = :status)
            AND (:month::text IS NULL OR month = :month)) AS fits
    FROM read.prescriptions
    WHERE pharmacy_id = :pharmacy_id
        AND (claimed_at, claim_id) < (coalesce(:after_at::timestamptz, 'infinity'), coalesce(:after_id::text, ''))
    ORDER BY claimed_at DESC, claim_id DESC
    LIMIT :walk_max
) AS walked
WHERE fits OR nth = :walk_max
ORDER BY claimed_at DESC, claim_id DESC
LIMIT :limit
