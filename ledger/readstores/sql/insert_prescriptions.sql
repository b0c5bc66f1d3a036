INSERT INTO read.prescriptions (
    medcard_id, claim_id, prescription_id, fill_number, pharmacy_id, terminal_id, beneficiary_id, service_date, month,
    currency, status, total_minor, covered_minor, copay_minor, reject_codes, items, claimed_at, reversed_at, position
)
SELECT * FROM json_to_recordset(:rows) AS given (
    medcard_id text, claim_id text, prescription_id text, fill_number int, pharmacy_id text, terminal_id text,
    beneficiary_id text, service_date date, month text, currency text, status text, total_minor bigint,
    covered_minor bigint, copay_minor bigint, reject_codes text[], items text, claimed_at timestamptz,
    reversed_at timestamptz, position text
)
