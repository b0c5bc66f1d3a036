-- One row a payment; what a row does not name stays as it is, and what was refunded is added. Who has given back all
-- that was captured has REFUNDED, who has given back some of it PARTIALLY_REFUNDED.
UPDATE read.payments AS held
SET status = CASE
        WHEN given.refunded_minor = 0 THEN coalesce(given.status, held.status)
        WHEN held.refunded_minor + given.refunded_minor = coalesce(given.captured_minor, held.captured_minor)
            THEN 'REFUNDED'
        ELSE 'PARTIALLY_REFUNDED'
    END,
    disputed = held.disputed OR coalesce(given.disputed, false),
    reference = coalesce(given.reference, held.reference),
    checkout_url = coalesce(given.checkout_url, held.checkout_url),
    expires_at = coalesce(given.expires_at, held.expires_at),
    gateway_transaction_id = coalesce(given.gateway_transaction_id, held.gateway_transaction_id),
    captured_minor = coalesce(given.captured_minor, held.captured_minor),
    refunded_minor = held.refunded_minor + given.refunded_minor,
    fees_minor = coalesce(given.fees_minor, held.fees_minor),
    updated_at = given.updated_at,
    version = given.version
FROM json_to_recordset(:rows) AS given (
    payment_id text, status text, disputed boolean, reference text, checkout_url text, expires_at timestamptz,
    gateway_transaction_id text, captured_minor bigint, refunded_minor bigint, fees_minor bigint,
    updated_at timestamptz, version bigint
)
WHERE held.payment_id = given.payment_id
