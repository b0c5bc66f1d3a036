-- Cards whose existence, version or status is not what their events say.
WITH log AS (
    SELECT aggregate_id, max(version) AS version,
           (array_agg(CASE event_type WHEN 'MedCardCreated' THEN 'PENDING' WHEN 'MedCardActivated' THEN 'ACTIVE'
                                      WHEN 'MedCardSuspended' THEN 'SUSPENDED' WHEN 'MedCardClosed' THEN 'CLOSED' END
                      ORDER BY version DESC)
            FILTER (WHERE event_type IN ('MedCardCreated', 'MedCardActivated', 'MedCardSuspended', 'MedCardClosed')))[1] AS status
    FROM ledger.applied_events WHERE projection = 'medcards' AND topic = 'medcard' AND aggregate_type = 'medcard' GROUP BY aggregate_id
)
SELECT coalesce(log.aggregate_id, m.medcard_id) AS place,
       format('log: version %s, %s; read model: version %s, %s', log.version, log.status, m.version, m.status) AS what
FROM log FULL JOIN read.medcards m ON m.medcard_id = log.aggregate_id
WHERE (log.version, log.status) IS DISTINCT FROM (m.version, m.status)
LIMIT 100
