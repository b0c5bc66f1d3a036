-- Newest first, by pharmacies_newest.
-- Of `walk_max` rows that were looked at, the last is shown whether it fits or not: the search goes on behind it.
SELECT pharmacy_id, name, governorate, licence, status, registered_at, updated_at, version, fits, nth = :walk_max AS
       last
FROM (
    SELECT *, row_number() OVER (ORDER BY registered_at DESC, pharmacy_id DESC) AS nth,
        ((:status::text IS NULL OR status = :status)
            AND (:governorate::text IS NULL OR governorate = :governorate)) AS fits
    FROM read.pharmacies
    WHERE (registered_at, pharmacy_id) < (coalesce(:after_at::timestamptz, 'infinity'), coalesce(:after_id::text, ''))
    ORDER BY registered_at DESC, pharmacy_id DESC
    LIMIT :walk_max
) AS walked
WHERE fits OR nth = :walk_max
ORDER BY registered_at DESC, pharmacy_id DESC
LIMIT :limit
