SELECT e.topic, e.partition, e."offset", e.aggregate_type, e.aggregate_id, e.version, e.event_type, e.schema_version,
       e.event_data::text AS event_data, e.metadata::text AS metadata, e.epoch, e.occurred_at, e.recorded_at, e.digest
FROM ledger.events e
WHERE e.topic = $1 AND e.partition = $2 AND e.aggregate_id = ANY ($3::text[])
ORDER BY e.aggregate_id, e.version
