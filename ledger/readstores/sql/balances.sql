SELECT wallet_id, currency, balance_minor, held_minor, at, version
FROM read.wallet_balances
WHERE wallet_id = ANY(:wallet_ids::text[])
ORDER BY wallet_id
