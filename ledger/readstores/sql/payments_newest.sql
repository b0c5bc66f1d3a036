-- Newest first, by payments_newest.
-- Of `walk_max` rows that were looked at, the last is shown whether it fits or not: the search goes on behind it.
SELECT payment_id, wallet_id, user_id, amount_minor, currency, gateway, method, customer, status, disputed, reference,
       checkout_url, expires_at, gateway_transaction_id, captured_minor, refunded_minor, fees_minor, created_at,
       updated_at, version, fits, nth = :walk_max AS last
FROM (
    SELECT *, row_number() OVER (ORDER BY created_at DESC, payment_id DESC) AS nth,
        ((:status::text IS NULL OR status = :status)
            AND (:gateway::text IS NULL OR gateway = :gateway)) AS fits
    FROM read.payments
    WHERE (created_at, payment_id) < (coalesce(:after_at::timestamptz, 'infinity'), coalesce(:after_id::text, ''))
    ORDER BY created_at DESC, payment_id DESC
    LIMIT :walk_max
) AS walked
WHERE fits OR nth = :walk_max
ORDER BY created_at DESC, payment_id DESC
LIMIT :limit
