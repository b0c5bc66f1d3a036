-- What projections have parked: their read models leave it out.
SELECT projection || ': ' || aggregate_id || ' from ' || topic || '/' || partition || '@' || first_offset AS place,
       format('%s events are parked: %s', count, error) AS what
FROM ledger.dead_letters
ORDER BY projection, topic, partition, first_offset
LIMIT 100
