-- In the order of the ids, so that two makers never wait for each other in a circle; the first one wins.
INSERT INTO ledger.person_keys (person_id, wrapped_key)
SELECT person_id, wrapped_key FROM unnest($1::text[], $2::bytea[]) AS given (person_id, wrapped_key)
ORDER BY person_id
ON CONFLICT DO NOTHING
