INSERT INTO read.terminals (
    pharmacy_id, terminal_id, offline_claims_max, offline_amount_max_minor, offline_age_max_s, registered_at, revoked_at
)
SELECT * FROM json_to_recordset(:rows) AS given (
    pharmacy_id text, terminal_id text, offline_claims_max int, offline_amount_max_minor bigint, offline_age_max_s int,
    registered_at timestamptz, revoked_at timestamptz
)
