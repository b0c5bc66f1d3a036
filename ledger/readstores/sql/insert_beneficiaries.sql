INSERT INTO read.beneficiaries (medcard_id, beneficiary_id, relation, person, monthly_limit_minor, since)
SELECT * FROM json_to_recordset(:rows) AS given (
    medcard_id text, beneficiary_id text, relation text, person text, monthly_limit_minor bigint, since timestamptz
)
