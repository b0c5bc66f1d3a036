-- Locked, to wait for a batch of a connection that was lost: its commit may still be under way.
SELECT topic, partition, "offset", digest FROM ledger.checkpoints WHERE projection = :projection FOR SHARE
