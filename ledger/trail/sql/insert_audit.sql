-- A batch that was written and then tried again leaves nothing twice.
INSERT INTO ledger.audit_log (id, at, who, role, what, on_what, outcome, ip, request_id)
SELECT * FROM json_to_recordset($1::json) AS given (
    id text, at timestamptz, who text, role text, what text, on_what text, outcome text, ip text, request_id text
)
ON CONFLICT DO NOTHING
