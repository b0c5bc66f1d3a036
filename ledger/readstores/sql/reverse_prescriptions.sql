UPDATE read.prescriptions AS claim
SET status = 'REVERSED', reversed_at = given.reversed_at
FROM json_to_recordset(:rows) AS given (medcard_id text, claim_id text, reversed_at timestamptz)
WHERE claim.medcard_id = given.medcard_id AND claim.claim_id = given.claim_id
