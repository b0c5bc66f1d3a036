-- The first of each pharmacy behind a terminal's id, by the key.
SELECT found.*
FROM unnest(:pharmacy_ids::text[]) AS asked (pharmacy_id)
CROSS JOIN LATERAL (
    SELECT pharmacy_id, terminal_id, offline_claims_max, offline_amount_max_minor, offline_age_max_s, registered_at,
           revoked_at
    FROM read.terminals
    WHERE pharmacy_id = asked.pharmacy_id AND terminal_id > coalesce(:after_id::text, '')
    ORDER BY terminal_id
    LIMIT :limit
) AS found
ORDER BY found.pharmacy_id, found.terminal_id
