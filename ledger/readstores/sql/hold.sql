-- Locks the row that every batch locks as well, and tells the projector that somebody was here.
INSERT INTO ledger.projections AS held (projection, generation) VALUES (:projection, 1)
ON CONFLICT (projection) DO UPDATE SET generation = held.generation + 1
