-- Entries that do not balance, accounts whose sums are not those of their lines, and wallets whose accounts do not hold
-- what the log says that they hold.
(
    SELECT position AS place, format('debits less credits: %s %s', sum(signed), currency) AS what
    FROM read.journal
    CROSS JOIN LATERAL (SELECT CASE side WHEN 'DEBIT' THEN amount_minor ELSE -amount_minor END) AS its (signed)
    GROUP BY position, currency HAVING sum(signed) <> 0
    LIMIT 100
)
UNION ALL
(
    WITH lines AS (
        SELECT account, currency, coalesce(sum(amount_minor) FILTER (WHERE side = 'DEBIT'), 0) AS debit_minor,
               coalesce(sum(amount_minor) FILTER (WHERE side = 'CREDIT'), 0) AS credit_minor, count(*) AS lines
        FROM read.journal GROUP BY account, currency
    )
    SELECT coalesce(lines.account, b.account), format('lines: %s and %s; account: %s and %s', lines.debit_minor,
           lines.credit_minor, b.debit_minor, b.credit_minor)
    FROM lines FULL JOIN read.account_balances b USING (account, currency)
    WHERE (lines.debit_minor, lines.credit_minor, lines.lines)
        IS DISTINCT FROM (b.debit_minor, b.credit_minor, b.lines)
    LIMIT 100
)
UNION ALL
(
    WITH log AS (
        SELECT 'wallet:' || aggregate_id AS account, sum(
            CASE event_type
                WHEN 'WalletCredited' THEN amount
                WHEN 'WalletDebited' THEN -amount
                WHEN 'HoldPlaced' THEN -amount
                WHEN 'HoldReleased' THEN amount
                WHEN 'HoldExpired' THEN amount
                WHEN 'HoldCaptured' THEN (event_data ->> 'releasedMinor')::bigint
                WHEN 'TransactionReversed' THEN CASE event_data ->> 'direction' WHEN 'CREDIT' THEN -amount ELSE amount END
            END) AS available_minor
        FROM ledger.applied_events CROSS JOIN LATERAL (SELECT (event_data ->> 'amountMinor')::bigint) AS its (amount)
        WHERE projection = 'journal' AND topic = 'wallet' AND aggregate_type = 'wallet' GROUP BY aggregate_id
    )
    SELECT log.account, format('log: %s available; account: %s', log.available_minor, b.credit_minor - b.debit_minor)
    FROM log LEFT JOIN read.account_balances b USING (account)
    WHERE coalesce(log.available_minor, 0) <> coalesce(b.credit_minor - b.debit_minor, 0)
    LIMIT 100
)
UNION ALL
(
    WITH log AS (
        SELECT event_data ->> 'pharmacyId' AS pharmacy_id, sum(
            CASE event_type
                WHEN 'PrescriptionClaimed' THEN shares
                WHEN 'PrescriptionClaimReversed' THEN -shares
            END) AS payable_minor
        FROM ledger.applied_events CROSS JOIN LATERAL (
            SELECT (event_data ->> 'coveredMinor')::bigint + coalesce((event_data ->> 'walletMinor')::bigint, 0)
        ) AS its (shares)
        WHERE projection = 'journal' AND topic = 'medcard' AND event_type IN ('PrescriptionClaimed', 'PrescriptionClaimReversed')
        GROUP BY 1
        UNION ALL
        SELECT aggregate_id, -sum((event_data ->> 'amountMinor')::bigint)
        FROM ledger.applied_events
        WHERE projection = 'journal' AND topic = 'medcard' AND event_type = 'PharmacyRemitted' GROUP BY 1
    ), owed AS (SELECT pharmacy_id, sum(payable_minor) AS payable_minor FROM log GROUP BY pharmacy_id)
    SELECT 'pharmacy:' || pharmacy_id, format('log: %s owed; account: %s', owed.payable_minor, b.credit_minor - b.debit_minor)
    FROM owed LEFT JOIN read.account_balances b ON b.account = 'pharmacy:' || pharmacy_id || ':payable'
    WHERE owed.payable_minor <> coalesce(b.credit_minor - b.debit_minor, 0)
    LIMIT 100
)
