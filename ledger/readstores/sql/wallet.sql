SELECT wallet_id, user_id, owner_class, currency, status, daily_limit_minor, monthly_limit_minor, created_at, updated_at,
       version
FROM read.wallets
WHERE wallet_id = :wallet_id
