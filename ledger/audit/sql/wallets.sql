-- Wallets whose existence, version, status or own limits are not what their events say.
WITH log AS (
    SELECT aggregate_id, max(version) AS version,
           (array_agg(CASE event_type WHEN 'WalletCreated' THEN 'PENDING' WHEN 'WalletActivated' THEN 'ACTIVE'
                                      WHEN 'WalletSuspended' THEN 'SUSPENDED' WHEN 'WalletClosed' THEN 'CLOSED' END
                      ORDER BY version DESC)
            FILTER (WHERE event_type IN ('WalletCreated', 'WalletActivated', 'WalletSuspended', 'WalletClosed')))[1] AS status,
           (array_agg(event_data ORDER BY version DESC)
            FILTER (WHERE event_type IN ('WalletCreated', 'WalletLimitsChanged')))[1] AS limits
    FROM ledger.applied_events WHERE projection = 'wallets' AND topic = 'wallet' AND aggregate_type = 'wallet' GROUP BY aggregate_id
), said AS (
    SELECT aggregate_id, version, status, (limits ->> 'dailyLimitMinor')::bigint AS daily_minor,
           (limits ->> 'monthlyLimitMinor')::bigint AS monthly_minor
    FROM log
)
SELECT coalesce(said.aggregate_id, w.wallet_id) AS place,
       format('log: version %s, %s, limits %s, %s; read model: version %s, %s, limits %s, %s', said.version, said.status,
              said.daily_minor, said.monthly_minor, w.version, w.status, w.daily_limit_minor, w.monthly_limit_minor) AS what
FROM said FULL JOIN read.wallets w ON w.wallet_id = said.aggregate_id
WHERE (said.version, said.status, said.daily_minor, said.monthly_minor)
    IS DISTINCT FROM (w.version, w.status, w.daily_limit_minor, w.monthly_limit_minor)
LIMIT 100
