-- Newest first, by medcards_of_user.
-- Of `walk_max` rows that were looked at, the last is shown whether it fits or not: the search goes on behind it.
SELECT medcard_id, user_id, plan_id, card_type, status, currency, monthly_limit_minor, annual_limit_minor,
       copayment_basis_points, expiry_date, holder, created_at, updated_at, version, fits, nth = :walk_max AS last
FROM (
    SELECT *, row_number() OVER (ORDER BY created_at DESC, medcard_id DESC) AS nth,
        ((:status::text IS NULL OR status = :status)
            AND (:plan_id::text IS NULL OR plan_id = :plan_id)) AS fits
    FROM read.medcards
    WHERE user_id = :user_id
        AND (created_at, medcard_id) < (coalesce(:after_at::timestamptz, 'infinity'), coalesce(:after_id::text, ''))
    ORDER BY created_at DESC, medcard_id DESC
    LIMIT :walk_max
) AS walked
WHERE fits OR nth = :walk_max
ORDER BY created_at DESC, medcard_id DESC
LIMIT :limit
