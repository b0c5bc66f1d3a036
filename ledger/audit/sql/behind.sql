-- Partitions in which read models have not come to the head.
SELECT p.topic || '/' || p.partition AS place, p.head - coalesce(c."offset", 0) AS lag
FROM ledger.partitions p
JOIN (VALUES ('medcards', 'medcard'), ('wallets', 'wallet'), ('payments', 'payment')) AS followed (projection, topic)
    USING (topic)
LEFT JOIN ledger.checkpoints c
    ON c.projection = followed.projection AND c.topic = p.topic AND c.partition = p.partition
WHERE p.head <> coalesce(c."offset", 0)
