SELECT topic, partition, head, head_digest, epoch, host, holder FROM ledger.partitions
