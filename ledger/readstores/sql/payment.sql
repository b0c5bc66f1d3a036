SELECT payment_id, wallet_id, user_id, amount_minor, currency, gateway, method, customer, status, disputed, reference,
       checkout_url, expires_at, gateway_transaction_id, captured_minor, refunded_minor, fees_minor, created_at,
       updated_at, version
FROM read.payments
WHERE payment_id = :payment_id
