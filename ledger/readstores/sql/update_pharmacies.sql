-- One row a pharmacy; a status that is not named stays as it is.
UPDATE read.pharmacies AS pharmacy
SET status = coalesce(given.status, pharmacy.status), updated_at = given.updated_at, version = given.version
FROM json_to_recordset(:rows) AS given (pharmacy_id text, status text, updated_at timestamptz, version bigint)
WHERE pharmacy.pharmacy_id = given.pharmacy_id
