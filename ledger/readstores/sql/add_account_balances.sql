-- Differences, one row an account and currency.
INSERT INTO read.account_balances AS held (account, currency, debit_minor, credit_minor, lines)
SELECT * FROM json_to_recordset(:rows) AS given (
    account text, currency text, debit_minor bigint, credit_minor bigint, lines bigint
)
ON CONFLICT (account, currency) DO UPDATE SET
    debit_minor = held.debit_minor + excluded.debit_minor,
    credit_minor = held.credit_minor + excluded.credit_minor,
    lines = held.lines + excluded.lines
