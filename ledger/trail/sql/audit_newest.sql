-- Newest first, by audit_log_newest.
SELECT id, at, who, role, what, on_what, outcome, ip, request_id
FROM ledger.audit_log
WHERE (at, id) < (coalesce($1::timestamptz, 'infinity'), coalesce($2::text, ''))
    AND ($4::text IS NULL OR who = $4) AND ($5::text IS NULL OR what = $5) AND ($6::text IS NULL OR outcome = $6)
ORDER BY at DESC, id DESC
LIMIT $3
