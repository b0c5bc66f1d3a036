-- Not the claims of batches: those wait until their batch has been opened.
SELECT number, id, type, card, body, captured_at, batch, seq, amount, made_at, status, answer, position, replayed, answered_at
FROM commands WHERE status IS NULL AND batch IS NULL ORDER BY number
