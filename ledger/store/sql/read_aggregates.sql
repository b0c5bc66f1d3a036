-- One aggregate after the other, each by version; an index range scan for each, which ends as soon as there are $5 events.
SELECT $1 AS topic, $2 AS partition, e."offset", e.aggregate_type, e.aggregate_id, e.version, e.event_type,
       e.schema_version, e.event_data::text AS event_data, e.metadata::text AS metadata, e.epoch, e.occurred_at,
       e.recorded_at, e.digest
FROM unnest($3::text[], $4::bigint[]) WITH ORDINALITY AS given (aggregate_id, after, at)
CROSS JOIN LATERAL (
    SELECT * FROM ledger.events
    WHERE topic = $1 AND partition = $2 AND aggregate_id = given.aggregate_id AND version > given.after
    ORDER BY version
    LIMIT $5
) e
ORDER BY given.at, e.version
LIMIT $5
