-- A row where anything has changed. The generation rises, so that a batch that is on its way does not go in.
INSERT INTO ledger.projections AS held (projection, generation, paused_at)
SELECT :projection, 1, now() WHERE :paused::boolean OR EXISTS (
    SELECT FROM ledger.projections WHERE projection = :projection AND paused_at IS NOT NULL
)
ON CONFLICT (projection) DO UPDATE
SET generation = held.generation + 1, paused_at = CASE WHEN :paused THEN now() END
WHERE (held.paused_at IS NOT NULL) <> :paused
RETURNING projection
