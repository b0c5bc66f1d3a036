-- Answers that stand on a position beyond the head: acknowledged, and not in the log.
SELECT r.topic || '/' || r.partition || '@' || r.position AS place, 'answered under key ' || r.key || ', beyond the head' AS what
FROM ledger.command_results r
JOIN ledger.partitions p USING (topic, partition)
WHERE r.position > p.head
LIMIT 100
