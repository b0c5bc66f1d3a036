INSERT INTO read.transactions (
    wallet_id, transaction_id, kind, direction, amount_minor, currency, source, reference, owner, hold_id, reverses,
    reason, reversed_by, reversed_at, posted_at, position
)
SELECT * FROM json_to_recordset(:rows) AS given (
    wallet_id text, transaction_id text, kind text, direction text, amount_minor bigint, currency text, source text,
    reference text, owner text, hold_id text, reverses text, reason text, reversed_by text, reversed_at timestamptz,
    posted_at timestamptz, position text
)
