-- Transactions whose amount, direction or reversal is not what their events say.
WITH posted AS (
    SELECT aggregate_id AS wallet_id, event_data ->> 'transactionId' AS transaction_id,
           (event_data ->> 'amountMinor')::bigint AS amount_minor, event_data ->> 'reverses' AS reverses,
           CASE event_type
               WHEN 'WalletCredited' THEN 'CREDIT'
               WHEN 'TransactionReversed' THEN
                   CASE event_data ->> 'direction' WHEN 'CREDIT' THEN 'DEBIT' ELSE 'CREDIT' END
               ELSE 'DEBIT'
           END AS direction
    FROM ledger.applied_events
    WHERE projection = 'wallets' AND topic = 'wallet'
      AND event_type IN ('WalletCredited', 'WalletDebited', 'HoldCaptured', 'TransactionReversed')
), log AS (
    SELECT posted.*, reversal.transaction_id AS reversed_by
    FROM posted LEFT JOIN posted AS reversal
        ON reversal.wallet_id = posted.wallet_id AND reversal.reverses = posted.transaction_id
)
SELECT coalesce(log.wallet_id, t.wallet_id) || ' ' || coalesce(log.transaction_id, t.transaction_id) AS place,
       format('log: %s %s, reversed by %s; read model: %s %s, %s', log.direction, log.amount_minor, log.reversed_by,
              t.direction, t.amount_minor, t.reversed_by) AS what
FROM log FULL JOIN read.transactions t ON t.wallet_id = log.wallet_id AND t.transaction_id = log.transaction_id
WHERE (log.direction, log.amount_minor, log.reverses, log.reversed_by)
    IS DISTINCT FROM (t.direction, t.amount_minor, t.reverses, t.reversed_by)
LIMIT 100
