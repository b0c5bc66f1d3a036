INSERT INTO read.pharmacies (pharmacy_id, name, governorate, licence, status, registered_at, updated_at, version)
SELECT * FROM json_to_recordset(:rows) AS given (
    pharmacy_id text, name text, governorate text, licence text, status text, registered_at timestamptz,
    updated_at timestamptz, version bigint
)
