-- Differences, one row a card and month.
INSERT INTO read.medcard_monthly_spend AS spend (medcard_id, month, currency, covered_minor, total_minor, claims)
SELECT * FROM json_to_recordset(:rows) AS given (
    medcard_id text, month text, currency text, covered_minor bigint, total_minor bigint, claims bigint
)
ON CONFLICT (medcard_id, month) DO UPDATE SET
    covered_minor = spend.covered_minor + excluded.covered_minor,
    total_minor = spend.total_minor + excluded.total_minor,
    claims = spend.claims + excluded.claims
