SELECT topic, partition, head, head_digest, epoch, host FROM ledger.partitions
