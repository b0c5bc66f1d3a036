SELECT aggregate_id, version, schema_version, state, digest
FROM ledger.snapshots
WHERE topic = $1 AND partition = $2 AND aggregate_id = ANY ($3::text[])
