UPDATE batches SET state = ?, openings = ?, said = ? WHERE id = ?
