-- Terminals that are in service in one place and not in the other.
WITH log AS (
    SELECT aggregate_id AS pharmacy_id, event_data ->> 'terminalId' AS terminal_id,
           bool_or(event_type = 'TerminalRevoked') AS revoked
    FROM ledger.applied_events
    WHERE projection = 'medcards' AND topic = 'medcard' AND event_type IN ('TerminalRegistered', 'TerminalRevoked')
    GROUP BY aggregate_id, event_data ->> 'terminalId'
)
SELECT coalesce(log.pharmacy_id, t.pharmacy_id) || ' ' || coalesce(log.terminal_id, t.terminal_id) AS place,
       format('log: revoked %s; read model: revoked %s', log.revoked, t.revoked_at IS NOT NULL) AS what
FROM log FULL JOIN read.terminals t ON t.pharmacy_id = log.pharmacy_id AND t.terminal_id = log.terminal_id
WHERE log.terminal_id IS NULL OR t.terminal_id IS NULL OR log.revoked <> (t.revoked_at IS NOT NULL)
LIMIT 100
