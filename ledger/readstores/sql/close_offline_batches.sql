UPDATE read.offline_batches AS batch
SET closed_at = given.closed_at, counted_claims = given.counted_claims, rejected_claims = given.rejected_claims,
    counted_minor = given.counted_minor
FROM json_to_recordset(:rows) AS given (
    pharmacy_id text, terminal_id text, batch_id text, closed_at timestamptz, counted_claims int, rejected_claims int,
    counted_minor bigint
)
WHERE batch.pharmacy_id = given.pharmacy_id AND batch.terminal_id = given.terminal_id
  AND batch.batch_id = given.batch_id
