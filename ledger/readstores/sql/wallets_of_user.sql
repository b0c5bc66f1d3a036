-- Newest first, by wallets_of_user.
-- Of `walk_max` rows that were looked at, the last is shown whether it fits or not: the search goes on behind it.
SELECT wallet_id, user_id, owner_class, currency, status, daily_limit_minor, monthly_limit_minor, created_at,
       updated_at, version, fits, nth = :walk_max AS last
FROM (
    SELECT *, row_number() OVER (ORDER BY created_at DESC, wallet_id DESC) AS nth,
        ((:status::text IS NULL OR status = :status)
            AND (:currency::text IS NULL OR currency = :currency)) AS fits
    FROM read.wallets
    WHERE user_id = :user_id
        AND (created_at, wallet_id) < (coalesce(:after_at::timestamptz, 'infinity'), coalesce(:after_id::text, ''))
    ORDER BY created_at DESC, wallet_id DESC
    LIMIT :walk_max
) AS walked
WHERE fits OR nth = :walk_max
ORDER BY created_at DESC, wallet_id DESC
LIMIT :limit
