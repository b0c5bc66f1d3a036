-- Waits for a stray append, as `bump` does. An earlier start of the host, or nobody, may have it; a later start keeps it.
UPDATE ledger.partitions p SET epoch = p.epoch + 1, holder = $2
FROM unnest($3::text[], $4::int[]) AS given (topic, partition)
WHERE p.topic = given.topic AND p.partition = given.partition AND p.host = $1 AND p.holder COLLATE "C" <= $2
RETURNING p.topic, p.partition, p.head, p.head_digest, p.epoch, p.host, p.holder
