-- Newest first, by transactions_of_wallet.
-- Of `walk_max` rows that were looked at, the last is shown whether it fits or not: the search goes on behind it.
SELECT wallet_id, transaction_id, kind, direction, amount_minor, currency, source, reference, owner, hold_id, reverses,
       reason, reversed_by, reversed_at, posted_at, position, fits, nth = :walk_max AS last
FROM (
    SELECT *, row_number() OVER (ORDER BY posted_at DESC, transaction_id DESC) AS nth,
        ((:kind::text IS NULL OR kind = :kind)
            AND (:direction::text IS NULL OR direction = :direction)) AS fits
    FROM read.transactions
    WHERE wallet_id = :wallet_id
        AND (posted_at, transaction_id) < (coalesce(:after_at::timestamptz, 'infinity'), coalesce(:after_id::text, ''))
        AND posted_at >= coalesce(:since::timestamptz, '-infinity')
        AND posted_at < coalesce(:until::timestamptz, 'infinity')
    ORDER BY posted_at DESC, transaction_id DESC
    LIMIT :walk_max
) AS walked
WHERE fits OR nth = :walk_max
ORDER BY posted_at DESC, transaction_id DESC
LIMIT :limit
