-- What was answered before then; claims of a batch stay until the batch is over.
DELETE FROM commands WHERE answered_at < ? AND (
    batch IS NULL OR batch IN (SELECT id FROM batches WHERE state IN ('closed', 'refused'))
)
