INSERT INTO commands (id, type, card, body, captured_at, batch, seq, amount, made_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
