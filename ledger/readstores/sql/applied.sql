-- How far a projection has come in these partitions; one that it has never moved in has no row.
SELECT held.topic, held.partition, held."offset"
FROM unnest(:topics::text[], :partitions::int[]) AS wanted (topic, partition)
JOIN ledger.checkpoints AS held
    ON held.projection = :projection AND held.topic = wanted.topic AND held.partition = wanted.partition
