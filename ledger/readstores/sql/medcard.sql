SELECT medcard_id, user_id, plan_id, card_type, status, currency, monthly_limit_minor, annual_limit_minor,
       copayment_basis_points, expiry_date, holder, created_at, updated_at, version
FROM read.medcards
WHERE medcard_id = :medcard_id
