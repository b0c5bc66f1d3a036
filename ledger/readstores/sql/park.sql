-- Aggregates that are parked now, and further events of those that were before.
INSERT INTO ledger.dead_letters AS held (projection, topic, partition, aggregate_id, first_offset, error, count)
SELECT :projection, given.* FROM unnest(
    :topics::text[], :partitions::int[], :aggregate_ids::text[], :first_offsets::bigint[], :errors::text[],
    :counts::bigint[]
) AS given
ON CONFLICT (projection, topic, partition, aggregate_id) DO UPDATE SET count = held.count + excluded.count
