SELECT topic, count(*) AS partitions FROM ledger.partitions GROUP BY topic
