-- One row a card; what a row does not name stays as it is.
UPDATE read.medcards AS card
SET status = coalesce(given.status, card.status),
    card_type = coalesce(given.card_type, card.card_type),
    monthly_limit_minor = coalesce(given.monthly_limit_minor, card.monthly_limit_minor),
    copayment_basis_points = coalesce(given.copayment_basis_points, card.copayment_basis_points),
    expiry_date = coalesce(given.expiry_date, card.expiry_date),
    holder = coalesce(given.holder, card.holder),
    updated_at = given.updated_at, version = given.version
FROM json_to_recordset(:rows) AS given (
    medcard_id text, status text, card_type text, monthly_limit_minor bigint, copayment_basis_points int,
    expiry_date date, holder text, updated_at timestamptz, version bigint
)
WHERE card.medcard_id = given.medcard_id
