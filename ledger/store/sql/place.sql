-- An operator's move. The epoch says whether the row is still as he saw it; a new one fences the owner that it had.
UPDATE ledger.partitions SET host = $3, holder = '', epoch = epoch + 1
WHERE topic = $1 AND partition = $2 AND epoch = $4
RETURNING topic, partition, head, head_digest, epoch, host, holder
