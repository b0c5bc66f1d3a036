-- Newest first, by audit_log_newest.
-- Of $7 rows that were looked at, the last is shown whether it fits or not: the search goes on behind it.
SELECT id, at, who, role, what, on_what, outcome, ip, request_id, fits, nth = $7 AS last
FROM (
    SELECT *, row_number() OVER (ORDER BY at DESC, id DESC) AS nth,
        (($4::text IS NULL OR who = $4)
            AND ($5::text IS NULL OR what = $5)
            AND ($6::text IS NULL OR outcome = $6)) AS fits
    FROM ledger.audit_log
    WHERE (at, id) < (coalesce($1::timestamptz, 'infinity'), coalesce($2::text, ''))
    ORDER BY at DESC, id DESC
    LIMIT $7
) AS walked
WHERE fits OR nth = $7
ORDER BY at DESC, id DESC
LIMIT $3
