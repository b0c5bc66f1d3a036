UPDATE read.transactions AS held
SET reversed_by = given.reversed_by, reversed_at = given.reversed_at
FROM json_to_recordset(:rows) AS given (
    wallet_id text, transaction_id text, reversed_by text, reversed_at timestamptz
)
WHERE held.wallet_id = given.wallet_id AND held.transaction_id = given.transaction_id
