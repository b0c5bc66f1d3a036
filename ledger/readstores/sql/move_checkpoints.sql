-- Compare-and-set of a projection's checkpoints; answers how many moved, and the projection's generation: none move
-- where that is not the given one. A partition without a row stands at 0.
-- The commit need not wait for the disk: should the machine fail, rows and checkpoints go back together.
WITH standing AS MATERIALIZED (
    -- Whoever holds the projection still has this row locked.
    SELECT generation FROM ledger.projections WHERE projection = :projection FOR SHARE
), wanted AS (
    SELECT * FROM unnest(
        :topics::text[], :partitions::int[], :from_offsets::bigint[], :to_offsets::bigint[], :digests::bytea[]
    ) AS given (topic, partition, from_offset, to_offset, digest)
    WHERE :generation::bigint IS NULL OR :generation = (SELECT generation FROM standing)
), moved AS (
    UPDATE ledger.checkpoints AS held
    SET "offset" = wanted.to_offset, digest = wanted.digest
    FROM wanted
    WHERE held.projection = :projection AND held.topic = wanted.topic AND held.partition = wanted.partition
        AND held."offset" = wanted.from_offset
    RETURNING 1
), added AS (
    INSERT INTO ledger.checkpoints (projection, topic, partition, "offset", digest)
    SELECT :projection, topic, partition, to_offset, digest FROM wanted WHERE from_offset = 0
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT (SELECT count(*) FROM moved) + (SELECT count(*) FROM added) AS moves,
       (SELECT generation FROM standing) AS generation,
       set_config('synchronous_commit', 'off', true) AS commit_mode
