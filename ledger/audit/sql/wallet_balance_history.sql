-- What each wallet held after each event that moved its money: running sums over the log.
WITH moved AS (
    SELECT aggregate_id AS wallet_id, version, occurred_at, event_type,
           CASE event_type
               WHEN 'WalletCredited' THEN amount
               WHEN 'WalletDebited' THEN -amount
               WHEN 'HoldCaptured' THEN -amount
               WHEN 'TransactionReversed' THEN CASE event_data ->> 'direction' WHEN 'CREDIT' THEN -amount ELSE amount END
               ELSE 0
           END AS balance_minor,
           CASE event_type
               WHEN 'HoldPlaced' THEN amount
               WHEN 'HoldCaptured' THEN -amount - (event_data ->> 'releasedMinor')::bigint
               WHEN 'HoldReleased' THEN -amount
               WHEN 'HoldExpired' THEN -amount
               ELSE 0
           END AS held_minor
    FROM ledger.applied_events
    CROSS JOIN LATERAL (SELECT (event_data ->> 'amountMinor')::bigint) AS its (amount)
    WHERE projection = 'wallets' AND topic = 'wallet' AND aggregate_type = 'wallet'
), log AS (
    SELECT wallet_id, version, occurred_at, event_type,
           sum(balance_minor) OVER so_far AS balance_minor, sum(held_minor) OVER so_far AS held_minor
    FROM moved WINDOW so_far AS (PARTITION BY wallet_id ORDER BY version)
), said AS (
    SELECT * FROM log
    WHERE event_type NOT IN ('WalletActivated', 'WalletSuspended', 'WalletClosed', 'WalletLimitsChanged')
)
SELECT coalesce(said.wallet_id, h.wallet_id) || ' version ' || coalesce(said.version, h.version) AS place,
       format('log: %s, of it held %s; read model: %s, %s', said.balance_minor, said.held_minor, h.balance_minor,
              h.held_minor) AS what
FROM said FULL JOIN read.wallet_balance_history h ON h.wallet_id = said.wallet_id AND h.version = said.version
WHERE (said.balance_minor, said.held_minor, said.occurred_at) IS DISTINCT FROM (h.balance_minor, h.held_minor, h.at)
LIMIT 100
