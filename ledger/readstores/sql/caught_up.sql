-- A partition without a checkpoint stands at 0.
SELECT NOT EXISTS (
    SELECT FROM unnest(:topics::text[], :partitions::int[], :offsets::bigint[]) AS wanted (topic, partition, "offset")
    LEFT JOIN ledger.checkpoints AS held
        ON held.projection = :projection AND held.topic = wanted.topic AND held.partition = wanted.partition
    WHERE coalesce(held."offset", 0) < wanted."offset"
) AS caught_up
