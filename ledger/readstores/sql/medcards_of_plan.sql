-- Newest first, by medcards_of_plan.
SELECT medcard_id, user_id, plan_id, card_type, status, currency, monthly_limit_minor, annual_limit_minor,
       copayment_basis_points, expiry_date, holder, created_at, updated_at, version
FROM read.medcards
WHERE plan_id = :plan_id
    AND (created_at, medcard_id) < (coalesce(:after_at::timestamptz, 'infinity'), coalesce(:after_id::text, ''))
    AND (:status::text IS NULL OR status = :status)
ORDER BY created_at DESC, medcard_id DESC
LIMIT :limit
