SELECT p.projection, p.paused_at IS NOT NULL AS paused, c.topic, c.partition, c."offset",
    (SELECT count(*) FROM (SELECT FROM ledger.dead_letters d WHERE d.projection = p.projection LIMIT :most) few)
        AS dead_letters
FROM ledger.projections p LEFT JOIN ledger.checkpoints c USING (projection)
ORDER BY p.projection, c.topic, c.partition
