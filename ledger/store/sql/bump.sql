-- Waits for a stray append, which holds the row lock to its end. Safe to repeat; what another has taken stays his.
UPDATE ledger.partitions p SET epoch = p.epoch + 1
FROM unnest($3::text[], $4::int[]) AS given (topic, partition)
WHERE p.topic = given.topic AND p.partition = given.partition AND p.host = $1 AND p.holder = $2
RETURNING p.topic, p.partition, p.head, p.head_digest, p.epoch, p.host, p.holder
