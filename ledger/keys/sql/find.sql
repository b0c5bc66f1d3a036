SELECT person_id, wrapped_key FROM ledger.person_keys WHERE person_id = ANY ($1::text[])
