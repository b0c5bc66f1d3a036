SELECT currency, sum(debit_minor)::bigint AS debit_minor, sum(credit_minor)::bigint AS credit_minor,
       count(*) AS accounts, sum(lines)::bigint AS lines
FROM read.account_balances
GROUP BY currency
ORDER BY currency
