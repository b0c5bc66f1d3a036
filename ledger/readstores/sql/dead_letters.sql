SELECT topic, partition, aggregate_id, first_offset, error, count
FROM ledger.dead_letters WHERE projection = :projection
ORDER BY topic, partition, first_offset
