SELECT pharmacy_id, terminal_id
FROM unnest(:pharmacy_ids::text[], :terminal_ids::text[]) AS connected (pharmacy_id, terminal_id)
JOIN read.terminals USING (pharmacy_id, terminal_id)
WHERE revoked_at IS NOT NULL
