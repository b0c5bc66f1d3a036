INSERT INTO read.journal (
    entry_id, account, side, amount_minor, currency, aggregate_id, event_type, posted_at, position
)
SELECT * FROM json_to_recordset(:rows) AS given (
    entry_id text, account text, side text, amount_minor bigint, currency text, aggregate_id text, event_type text,
    posted_at timestamptz, position text
)
