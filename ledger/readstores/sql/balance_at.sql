-- The newest row that is not after the moment, by wallet_balance_history_at.
SELECT wallet_id, currency, balance_minor, held_minor, at, version
FROM read.wallet_balance_history
WHERE wallet_id = :wallet_id AND at <= :at
ORDER BY at DESC, version DESC
LIMIT 1
