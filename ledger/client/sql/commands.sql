SELECT number, id, type, card, body, captured_at, batch, seq, amount, made_at, status, answer, position, replayed, answered_at
FROM commands ORDER BY number
