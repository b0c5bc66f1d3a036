-- Newest first, by transactions_of_wallet.
SELECT wallet_id, transaction_id, kind, direction, amount_minor, currency, source, reference, owner, hold_id, reverses,
       reason, reversed_by, reversed_at, posted_at, position
FROM read.transactions
WHERE wallet_id = :wallet_id
    AND (posted_at, transaction_id) < (coalesce(:after_at::timestamptz, 'infinity'), coalesce(:after_id::text, ''))
    AND posted_at >= coalesce(:since::timestamptz, '-infinity')
    AND posted_at < coalesce(:until::timestamptz, 'infinity')
    AND (:kind::text IS NULL OR kind = :kind)
    AND (:direction::text IS NULL OR direction = :direction)
ORDER BY posted_at DESC, transaction_id DESC
LIMIT :limit
