UPDATE ledger.checkpoints SET projection = :to WHERE projection = :projection
