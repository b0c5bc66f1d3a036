DELETE FROM ledger.checkpoints WHERE projection = :projection
