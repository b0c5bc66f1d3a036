-- Offline batches that are open in one place and not in the other.
WITH log AS (
    SELECT aggregate_id AS pharmacy_id, event_data ->> 'terminalId' AS terminal_id,
           event_data ->> 'batchId' AS batch_id, bool_or(event_type = 'OfflineBatchClosed') AS closed
    FROM ledger.applied_events
    WHERE projection = 'medcards' AND topic = 'medcard' AND event_type IN ('OfflineBatchOpened', 'OfflineBatchClosed')
    GROUP BY aggregate_id, event_data ->> 'terminalId', event_data ->> 'batchId'
)
SELECT concat_ws(' ', coalesce(log.pharmacy_id, b.pharmacy_id), coalesce(log.terminal_id, b.terminal_id),
                 coalesce(log.batch_id, b.batch_id)) AS place,
       format('log: closed %s; read model: closed %s', log.closed, b.closed_at IS NOT NULL) AS what
FROM log FULL JOIN read.offline_batches b
  ON b.pharmacy_id = log.pharmacy_id AND b.terminal_id = log.terminal_id AND b.batch_id = log.batch_id
WHERE log.batch_id IS NULL OR b.batch_id IS NULL OR log.closed <> (b.closed_at IS NOT NULL)
LIMIT 100
