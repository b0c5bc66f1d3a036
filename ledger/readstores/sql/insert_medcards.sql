INSERT INTO read.medcards (
    medcard_id, user_id, plan_id, card_type, status, currency, monthly_limit_minor, annual_limit_minor,
    copayment_basis_points, expiry_date, holder, created_at, updated_at, version
)
SELECT * FROM json_to_recordset(:rows) AS given (
    medcard_id text, user_id text, plan_id text, card_type text, status text, currency text,
    monthly_limit_minor bigint, annual_limit_minor bigint, copayment_basis_points int, expiry_date date, holder text,
    created_at timestamptz, updated_at timestamptz, version bigint
)
