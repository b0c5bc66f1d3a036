SELECT id, state, openings, said FROM batches ORDER BY number
