-- One row a wallet; what a row does not name stays as it is. A limit is named also where it is taken away, by null.
UPDATE read.wallets AS held
SET status = coalesce(given.changed ->> 'status', held.status),
    daily_limit_minor = CASE WHEN given.changed ? 'daily_limit_minor'
        THEN (given.changed ->> 'daily_limit_minor')::bigint ELSE held.daily_limit_minor END,
    monthly_limit_minor = CASE WHEN given.changed ? 'monthly_limit_minor'
        THEN (given.changed ->> 'monthly_limit_minor')::bigint ELSE held.monthly_limit_minor END,
    updated_at = (given.changed ->> 'updated_at')::timestamptz,
    version = (given.changed ->> 'version')::bigint
FROM jsonb_array_elements(:rows) AS given (changed)
WHERE held.wallet_id = given.changed ->> 'wallet_id'
