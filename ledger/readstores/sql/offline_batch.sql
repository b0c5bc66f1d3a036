SELECT first_sequence, last_sequence, first_captured_at, closed_at
FROM read.offline_batches
WHERE pharmacy_id = :pharmacy_id AND terminal_id = :terminal_id AND batch_id = :batch_id
