INSERT INTO batches (id, state, openings) VALUES (?, ?, 0)
