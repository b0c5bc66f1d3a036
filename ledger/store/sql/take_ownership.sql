UPDATE ledger.partitions SET epoch = epoch + 1, holder = $2
WHERE host = $1
RETURNING topic, partition, head, head_digest, epoch, host, holder
