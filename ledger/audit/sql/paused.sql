SELECT projection AS place, format('paused since %s', paused_at) AS what
FROM ledger.projections WHERE paused_at IS NOT NULL
ORDER BY projection
