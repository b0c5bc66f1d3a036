INSERT INTO read.payments (
    payment_id, wallet_id, user_id, amount_minor, currency, gateway, method, customer, status, disputed, reference,
    checkout_url, expires_at, gateway_transaction_id, captured_minor, refunded_minor, fees_minor, created_at,
    updated_at, version
)
SELECT * FROM json_to_recordset(:rows) AS given (
    payment_id text, wallet_id text, user_id text, amount_minor bigint, currency text, gateway text, method text,
    customer text, status text, disputed boolean, reference text, checkout_url text, expires_at timestamptz,
    gateway_transaction_id text, captured_minor bigint, refunded_minor bigint, fees_minor bigint,
    created_at timestamptz, updated_at timestamptz, version bigint
)
