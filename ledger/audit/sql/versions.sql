-- Events whose version is not the next one of their aggregate; the server sorts, on disk where it must.
SELECT topic || '/' || partition || '@' || "offset" AS place,
       format('version %s of %s, not %s', version, aggregate_id, expected) AS what
FROM (
    SELECT topic, partition, "offset", aggregate_id, version,
           row_number() OVER (PARTITION BY topic, partition, aggregate_id ORDER BY "offset") AS expected
    FROM ledger.events
) numbered
WHERE version <> expected
LIMIT 100
