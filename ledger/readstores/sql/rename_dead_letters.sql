UPDATE ledger.dead_letters SET projection = :to WHERE projection = :projection
