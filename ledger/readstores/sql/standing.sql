-- A projection that is asked for exists from then on, so that there is a row to lock.
WITH made AS (
    INSERT INTO ledger.projections (projection)
    SELECT :projection WHERE NOT EXISTS (SELECT FROM ledger.projections WHERE projection = :projection)
    ON CONFLICT DO NOTHING
)
SELECT coalesce(max(generation), 0) AS generation, coalesce(bool_or(paused_at IS NOT NULL), false) AS paused
FROM ledger.projections WHERE projection = :projection
