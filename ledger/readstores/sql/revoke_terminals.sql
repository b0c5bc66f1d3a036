UPDATE read.terminals AS terminal
SET revoked_at = given.revoked_at
FROM json_to_recordset(:rows) AS given (pharmacy_id text, terminal_id text, revoked_at timestamptz)
WHERE terminal.pharmacy_id = given.pharmacy_id AND terminal.terminal_id = given.terminal_id
