-- How reserved claims ended, one row a claim.
UPDATE read.prescriptions AS claim
SET status = given.status, covered_minor = given.covered_minor, copay_minor = given.copay_minor,
    reject_codes = given.reject_codes, reversed_at = given.reversed_at
FROM json_to_recordset(:rows) AS given (
    medcard_id text, claim_id text, status text, covered_minor bigint, copay_minor bigint, reject_codes text[],
    reversed_at timestamptz
)
WHERE claim.medcard_id = given.medcard_id AND claim.claim_id = given.claim_id
