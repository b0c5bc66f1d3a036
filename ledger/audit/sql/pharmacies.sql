-- Pharmacies whose existence, version or status is not what their events say.
WITH log AS (
    SELECT aggregate_id, max(version) AS version,
           (array_agg(CASE event_type WHEN 'PharmacyRegistered' THEN 'REGISTERED' WHEN 'PharmacyContracted' THEN 'CONTRACTED'
                                      WHEN 'PharmacySuspended' THEN 'SUSPENDED' END
                      ORDER BY version DESC)
            FILTER (WHERE event_type IN ('PharmacyRegistered', 'PharmacyContracted', 'PharmacySuspended')))[1] AS status
    FROM ledger.applied_events
    WHERE projection = 'medcards' AND topic = 'medcard' AND aggregate_type = 'pharmacy'
    GROUP BY aggregate_id
)
SELECT coalesce(log.aggregate_id, p.pharmacy_id) AS place,
       format('log: version %s, %s; read model: version %s, %s', log.version, log.status, p.version, p.status) AS what
FROM log FULL JOIN read.pharmacies p ON p.pharmacy_id = log.aggregate_id
WHERE (log.version, log.status) IS DISTINCT FROM (p.version, p.status)
LIMIT 100
