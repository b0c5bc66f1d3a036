-- Events beyond given offsets, at most $4 of each partition; an index range scan per partition.
SELECT e.topic, e.partition, e."offset", e.aggregate_type, e.aggregate_id, e.version, e.event_type, e.schema_version,
       e.event_data::text AS event_data, e.metadata::text AS metadata, e.epoch, e.occurred_at, e.recorded_at, e.digest
FROM unnest($1::text[], $2::int[], $3::bigint[]) AS given (topic, partition, after)
CROSS JOIN LATERAL (
    SELECT * FROM ledger.events
    WHERE topic = given.topic AND partition = given.partition AND "offset" > given.after
    ORDER BY "offset"
    LIMIT $4
) e
ORDER BY e.topic, e.partition, e."offset"
