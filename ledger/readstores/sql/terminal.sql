SELECT pharmacy_id, terminal_id, offline_claims_max, offline_amount_max_minor, offline_age_max_s, registered_at,
       revoked_at
FROM read.terminals
WHERE pharmacy_id = :pharmacy_id AND terminal_id = :terminal_id
