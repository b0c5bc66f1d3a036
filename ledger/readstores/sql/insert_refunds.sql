INSERT INTO read.refunds (
    payment_id, refund_id, wallet_id, amount_minor, currency, source, status, reason, gateway_refund_id, requested_at,
    ended_at
)
SELECT * FROM json_to_recordset(:rows) AS given (
    payment_id text, refund_id text, wallet_id text, amount_minor bigint, currency text, source text, status text,
    reason text, gateway_refund_id text, requested_at timestamptz, ended_at timestamptz
)
