"""Rows of read models by the million, straight into their tables: for tests of what queries do with many of them.

The n-th row of a table is made of expressions over `n`; a column without one gets a constant of its type.
"""

from collections.abc import Mapping

import asyncpg

BOX = '\'{"sealed":"","person":"erased"}\''
"""A sealed box of somebody whose key is gone."""

MOMENT = "timestamptz '2026-01-01 00:00:00+00' + n * interval '10 seconds'"
_BY_TYPE = {
    "text": "'x'",
    "bigint": "100",
    "integer": "1",
    "boolean": "false",
    "date": "date '2026-11-23'",
    "ARRAY": "'{}'",
    "timestamp with time zone": MOMENT,
}

# Of every hundred rows, one owner, card, plan, or pharmacy has one in turn; what is rare comes once in ten thousand.
_NAMED = {
    "currency": "CASE WHEN n % 10000 = 0 THEN 'KWD' ELSE 'EGP' END",
    "user_id": "'user-' || n % 10000",
    "plan_id": "'plan-' || n % 20",
    "provider_id": "'provider-' || n % 100",
    "beneficiary_id": "'user-' || n % 10000",
    "month": "CASE WHEN n % 10000 = 0 THEN '2026-10' ELSE '2026-11' END",
    "position": "'medcard/0@' || n",
    "holder": BOX,
    "customer": BOX,
    "person": BOX,
    "diagnosis_codes": BOX,
}
EXPRESSIONS: Mapping[str, Mapping[str, str]] = {
    "wallets": {
        "wallet_id": "'wallet-' || n",
        "owner_class": "'INDIVIDUAL'",
        "status": "CASE WHEN n % 10000 = 0 THEN 'SUSPENDED' ELSE 'ACTIVE' END",
    },
    "wallet_balances": {"wallet_id": "'wallet-' || n"},
    "wallet_balance_history": {"wallet_id": "'wallet-' || n % 1000", "version": "n"},
    "transactions": {
        "wallet_id": "'wallet-' || n % 10",
        "transaction_id": "'t-' || n",
        "kind": "CASE WHEN n % 10000 = 0 THEN 'REVERSAL' ELSE 'CREDIT' END",
        "direction": "CASE WHEN n % 10000 = 0 THEN 'DEBIT' ELSE 'CREDIT' END",
        "source": "'cash-desk'",
        "owner": "'PUBLIC'",
    },
    "payments": {
        "payment_id": "'payment-' || n",
        "wallet_id": "'wallet-' || n % 1000",
        "gateway": "CASE WHEN n % 10000 = 0 THEN 'PAYMOB' ELSE 'FAWRY' END",
        "status": "CASE WHEN n % 10000 = 0 THEN 'FAILED' ELSE 'COMPLETED' END",
    },
    "refunds": {
        "payment_id": "'payment-' || n / 2",
        "refund_id": "'r-' || n",
        "source": "'WALLET'",
        "status": "'COMPLETED'",
    },
    "medcards": {
        "medcard_id": "'card-' || n",
        "card_type": "'GOLD'",
        "status": "CASE WHEN n % 10000 = 0 THEN 'SUSPENDED' ELSE 'ACTIVE' END",
        "expiry_date": "date '2099-12-31'",
    },
    "beneficiaries": {"medcard_id": "'card-' || n / 4", "beneficiary_id": "'user-' || n", "relation": "'CHILD'"},
    "prescriptions": {
        "medcard_id": "'card-' || n % 1000",
        "claim_id": "'clm-' || n",
        "pharmacy_id": "'pharmacy-' || n % 10",
        "terminal_id": "'t-' || n % 3",
        "status": "CASE WHEN n % 1000 = 0 THEN 'REJECTED' ELSE 'PAID' END",
        "items": "NULL",
        "reversed_at": "NULL",
    },
    "medcard_monthly_spend": {
        "medcard_id": "'card-' || n / 10",
        "month": "'2026-' || lpad((1 + n % 10)::text, 2, '0')",
    },
    "claims": {
        "medcard_id": "'card-' || n % 1000",
        "claim_id": "'icl-' || n",
        "year": "'2026'",
        "lines": BOX,
        "status": "CASE WHEN n % 10000 = 0 THEN 'APPEALED' ELSE 'FILED' END",
        "appeal_reason": "NULL",
    },
    "pharmacies": {
        "pharmacy_id": "'pharmacy-' || n",
        "governorate": "CASE WHEN n % 10000 = 0 THEN 'Matrouh' ELSE 'Cairo' END",
        "status": "CASE WHEN n % 10000 = 0 THEN 'SUSPENDED' ELSE 'CONTRACTED' END",
    },
    "terminals": {"pharmacy_id": "'pharmacy-' || n / 100", "terminal_id": "'t-' || n", "revoked_at": "NULL"},
    "offline_batches": {
        "pharmacy_id": "'pharmacy-' || n / 100",
        "terminal_id": "'t-' || n / 10",
        "batch_id": "'b-' || n",
        "closed_at": "NULL",
    },
    "journal": {
        "entry_id": "'wallet-00000-' || lpad(n::text, 19, '0') || '-00'",
        "account": "'wallet:wallet-' || n % 100",
        "side": "'CREDIT'",
        "event_type": "'WalletCredited'",
    },
    "account_balances": {"account": "'wallet:wallet-' || n"},
    "audit_log": {
        "id": "'a-' || lpad(n::text, 9, '0')",
        "who": "'operator-' || n % 10000",
        "what": "CASE WHEN n % 10000 = 0 THEN 'suspendMedCard' ELSE 'medCard' END",
        "outcome": "CASE WHEN n % 10000 = 0 THEN 'forbidden' ELSE 'ok' END",
    },
}


async def fill(connection: asyncpg.Connection, table: str, first: int, last: int, **others: str) -> None:
    """Inserts the rows `first` to `last`. `others`: expressions that this call has instead."""
    schema = "ledger" if table == "audit_log" else "read"
    columns = await connection.fetch(
        "SELECT column_name AS name, data_type AS type FROM information_schema.columns"
        " WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position",
        schema,
        table,
    )
    known = {**_NAMED, **EXPRESSIONS[table], **others}
    values = ", ".join(known.get(column["name"], _BY_TYPE[column["type"]]) for column in columns)
    await connection.execute(
        f"INSERT INTO {schema}.{table} SELECT {values} FROM generate_series($1::bigint, $2::bigint) AS n", first, last
    )
