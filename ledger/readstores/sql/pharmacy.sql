SELECT pharmacy_id, name, governorate, licence, status, registered_at, updated_at, version
FROM read.pharmacies
WHERE pharmacy_id = :pharmacy_id
