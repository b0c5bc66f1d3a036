INSERT INTO read.wallets (
    wallet_id, user_id, owner_class, currency, status, daily_limit_minor, monthly_limit_minor, created_at, updated_at,
    version
)
SELECT * FROM json_to_recordset(:rows) AS given (
    wallet_id text, user_id text, owner_class text, currency text, status text, daily_limit_minor bigint,
    monthly_limit_minor bigint, created_at timestamptz, updated_at timestamptz, version bigint
)
