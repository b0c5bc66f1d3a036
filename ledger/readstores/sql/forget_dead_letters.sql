DELETE FROM ledger.dead_letters WHERE projection = :projection
