UPDATE commands SET status = ?, answer = ?, position = ?, replayed = ?, answered_at = ? WHERE id = ? AND status IS NULL
