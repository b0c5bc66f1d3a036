-- What each wallet holds: all that came in and went out, was set aside and freed, summed over the log.
WITH moved AS (
    SELECT aggregate_id AS wallet_id, version,
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
    SELECT wallet_id, max(version) AS version, sum(balance_minor)::bigint AS balance_minor,
           sum(held_minor)::bigint AS held_minor
    FROM moved GROUP BY wallet_id
)
SELECT coalesce(log.wallet_id, b.wallet_id) AS place,
       format('log: %s, of it held %s, version %s; read model: %s, %s, %s', log.balance_minor, log.held_minor,
              log.version, b.balance_minor, b.held_minor, b.version) AS what
FROM log FULL JOIN read.wallet_balances b ON b.wallet_id = log.wallet_id
WHERE (log.balance_minor, log.held_minor, log.version) IS DISTINCT FROM (b.balance_minor, b.held_minor, b.version)
   OR b.balance_minor < b.held_minor
LIMIT 100
