DELETE FROM ledger.projections WHERE projection = :projection
