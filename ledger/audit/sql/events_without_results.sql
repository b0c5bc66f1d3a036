-- Events that no command was answered for: every event is one command's effect, and each command has its answer.
SELECT e.topic || '/' || e.partition || '@' || e."offset" AS place, e.event_type || ' has no command result' AS what
FROM ledger.events e
LEFT JOIN ledger.command_results r
    ON r.topic = e.topic AND r.partition = e.partition AND r.aggregate_id = e.aggregate_id AND r.position = e."offset"
    AND r.outcome = 'accepted'
WHERE r.topic IS NULL
LIMIT 100
