-- Each row holds what its batch had moved up to it; what the wallet held before the batch is its newest row here.
INSERT INTO read.wallet_balance_history (wallet_id, version, at, currency, balance_minor, held_minor)
SELECT given.wallet_id, given.version, given.at, given.currency,
       coalesce(before.balance_minor, 0) + given.balance_minor, coalesce(before.held_minor, 0) + given.held_minor
FROM json_to_recordset(:rows) AS given (
    wallet_id text, version bigint, at timestamptz, currency text, balance_minor bigint, held_minor bigint
)
LEFT JOIN LATERAL (
    SELECT balance_minor, held_minor FROM read.wallet_balance_history AS held
    WHERE held.wallet_id = given.wallet_id ORDER BY held.version DESC LIMIT 1
) AS before ON true
