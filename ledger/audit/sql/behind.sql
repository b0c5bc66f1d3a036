-- Partitions in which the read models have not come to the head.
SELECT p.topic || '/' || p.partition AS place, p.head - coalesce(c."offset", 0) AS lag
FROM ledger.partitions p
LEFT JOIN ledger.checkpoints c ON c.projection = 'medcards' AND c.topic = p.topic AND c.partition = p.partition
WHERE p.topic = 'medcard' AND p.head <> coalesce(c."offset", 0)
