-- One row a card; a status of null leaves the card's as it is.
UPDATE read.medcards AS card
SET status = coalesce(given.status, card.status), updated_at = given.updated_at, version = given.version
FROM json_to_recordset(:rows) AS given (medcard_id text, status text, updated_at timestamptz, version bigint)
WHERE card.medcard_id = given.medcard_id
