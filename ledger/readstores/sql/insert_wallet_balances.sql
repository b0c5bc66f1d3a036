INSERT INTO read.wallet_balances (wallet_id, currency, balance_minor, held_minor, at, version)
SELECT * FROM json_to_recordset(:rows) AS given (
    wallet_id text, currency text, balance_minor bigint, held_minor bigint, at timestamptz, version bigint
)
