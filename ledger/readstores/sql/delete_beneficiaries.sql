-- One row a person whom the card no longer covers; the log keeps who was covered when.
DELETE FROM read.beneficiaries AS held
USING json_to_recordset(:rows) AS given (medcard_id text, beneficiary_id text)
WHERE held.medcard_id = given.medcard_id AND held.beneficiary_id = given.beneficiary_id
