-- By name, by the key: those whose name begins with a prefix. '~' sorts behind every character of an account's name.
SELECT account, currency, debit_minor, credit_minor, lines
FROM read.account_balances
WHERE (account, currency) > (:after_account::text, :after_currency::text)
    AND account >= :prefix::text AND account < :prefix::text || '~~'
ORDER BY account, currency
LIMIT :limit
