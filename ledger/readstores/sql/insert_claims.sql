INSERT INTO read.claims (
    medcard_id, claim_id, provider_id, plan_id, beneficiary_id, service_date, year, currency, status, claimed_minor,
    approved_minor, paid_minor, reason_codes, payment_reference, document_refs, diagnosis_codes, lines, appeal_reason,
    filed_at, updated_at, position
)
SELECT * FROM json_to_recordset(:rows) AS given (
    medcard_id text, claim_id text, provider_id text, plan_id text, beneficiary_id text, service_date date, year text,
    currency text, status text, claimed_minor bigint, approved_minor bigint, paid_minor bigint, reason_codes text[],
    payment_reference text, document_refs text[], diagnosis_codes text, lines text, appeal_reason text,
    filed_at timestamptz, updated_at timestamptz, position text
)
