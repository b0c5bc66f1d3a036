-- This one, and none that has taken its place.
DELETE FROM ledger.snapshots
WHERE topic = $1 AND partition = $2 AND aggregate_id = $3 AND version = $4 AND schema_version = $5 AND digest = $6
