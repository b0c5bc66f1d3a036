INSERT INTO read.offline_batches (
    pharmacy_id, terminal_id, batch_id, first_sequence, last_sequence, claims, amount_minor, currency,
    first_captured_at, opened_at, closed_at, counted_claims, rejected_claims, counted_minor
)
SELECT * FROM json_to_recordset(:rows) AS given (
    pharmacy_id text, terminal_id text, batch_id text, first_sequence bigint, last_sequence bigint, claims int,
    amount_minor bigint, currency text, first_captured_at timestamptz, opened_at timestamptz, closed_at timestamptz,
    counted_claims int, rejected_claims int, counted_minor bigint
)
