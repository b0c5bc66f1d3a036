-- Newest first, by pharmacies_newest.
SELECT pharmacy_id, name, governorate, licence, status, registered_at, updated_at, version
FROM read.pharmacies
WHERE (registered_at, pharmacy_id) < (coalesce(:after_at::timestamptz, 'infinity'), coalesce(:after_id::text, ''))
    AND (:status::text IS NULL OR status = :status)
    AND (:governorate::text IS NULL OR governorate = :governorate)
ORDER BY registered_at DESC, pharmacy_id DESC
LIMIT :limit
