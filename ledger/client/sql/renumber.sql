UPDATE commands SET seq = seq + ? WHERE batch IN (SELECT id FROM batches WHERE number >= (SELECT number FROM batches WHERE id = ?)) AND seq IS NOT NULL AND status IS NULL
