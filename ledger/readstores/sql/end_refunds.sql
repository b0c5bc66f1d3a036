UPDATE read.refunds AS held
SET status = given.status, gateway_refund_id = given.gateway_refund_id, ended_at = given.ended_at
FROM json_to_recordset(:rows) AS given (
    payment_id text, refund_id text, status text, gateway_refund_id text, ended_at timestamptz
)
WHERE held.payment_id = given.payment_id AND held.refund_id = given.refund_id
