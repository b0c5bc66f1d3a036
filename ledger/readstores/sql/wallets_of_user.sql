-- Newest first, by wallets_of_user.
SELECT wallet_id, user_id, owner_class, currency, status, daily_limit_minor, monthly_limit_minor, created_at, updated_at,
       version
FROM read.wallets
WHERE user_id = :user_id
    AND (created_at, wallet_id) < (coalesce(:after_at::timestamptz, 'infinity'), coalesce(:after_id::text, ''))
    AND (:status::text IS NULL OR status = :status)
    AND (:currency::text IS NULL OR currency = :currency)
ORDER BY created_at DESC, wallet_id DESC
LIMIT :limit
