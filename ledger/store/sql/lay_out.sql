-- Partitions that do not exist yet, placed on the hosts in turn; those that exist stay where they are.
INSERT INTO ledger.partitions (topic, partition, host)
SELECT topic, n, ($3::text[])[1 + n % cardinality($3::text[])]
FROM unnest($1::text[]) AS topic, generate_series(0, $2::int - 1) AS n
ON CONFLICT DO NOTHING
