-- Stored answers of the given keys.
SELECT r.topic, r.partition, r.aggregate_id, r.caller, r.key, r.request_hash, r.outcome, r.result, r.position
FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[]) AS given (topic, partition, aggregate_id, caller, key)
JOIN ledger.command_results r USING (topic, partition, aggregate_id, caller, key)
