-- A host that was overtaken may save late: what was taken of a later version stays.
INSERT INTO ledger.snapshots AS kept (topic, partition, aggregate_id, version, schema_version, state, digest)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (topic, partition, aggregate_id) DO UPDATE
SET version = excluded.version, schema_version = excluded.schema_version, state = excluded.state, digest = excluded.digest
WHERE kept.version < excluded.version
