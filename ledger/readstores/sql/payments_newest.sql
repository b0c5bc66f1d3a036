-- Newest first, by payments_newest.
SELECT payment_id, wallet_id, user_id, amount_minor, currency, gateway, method, customer, status, disputed, reference,
       checkout_url, expires_at, gateway_transaction_id, captured_minor, refunded_minor, fees_minor, created_at,
       updated_at, version
FROM read.payments
WHERE (created_at, payment_id) < (coalesce(:after_at::timestamptz, 'infinity'), coalesce(:after_id::text, ''))
    AND (:status::text IS NULL OR status = :status)
    AND (:gateway::text IS NULL OR gateway = :gateway)
ORDER BY created_at DESC, payment_id DESC
LIMIT :limit
