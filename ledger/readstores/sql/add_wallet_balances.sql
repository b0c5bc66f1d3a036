-- Differences, one row a wallet.
UPDATE read.wallet_balances AS held
SET balance_minor = held.balance_minor + given.balance_minor,
    held_minor = held.held_minor + given.held_minor,
    at = given.at,
    version = given.version
FROM json_to_recordset(:rows) AS given (
    wallet_id text, balance_minor bigint, held_minor bigint, at timestamptz, version bigint
)
WHERE held.wallet_id = given.wallet_id
