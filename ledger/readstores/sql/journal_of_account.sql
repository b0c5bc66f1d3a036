-- Newest first, by journal_of_account.
SELECT entry_id, account, side, amount_minor, currency, aggregate_id, event_type, posted_at, position
FROM read.journal
WHERE account = :account
    AND (posted_at, entry_id) < (coalesce(:after_at::timestamptz, 'infinity'), coalesce(:after_id::text, ''))
    AND posted_at >= coalesce(:since::timestamptz, '-infinity')
    AND posted_at < coalesce(:until::timestamptz, 'infinity')
ORDER BY posted_at DESC, entry_id DESC
LIMIT :limit
