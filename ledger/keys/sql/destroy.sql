UPDATE ledger.person_keys SET wrapped_key = NULL, destroyed_at = now()
WHERE person_id = $1 AND wrapped_key IS NOT NULL
RETURNING person_id
