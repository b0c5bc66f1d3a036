-- The journal: what every event that moves money writes into the accounts. Amounts in minor units of the currency.

-- `entry_id` says where the line comes from (topic, partition, offset, line), and sorts so. Lines are never changed.
CREATE TABLE read.journal (
    entry_id     text COLLATE "C" PRIMARY KEY,
    account      text COLLATE "C" NOT NULL,
    side         text        NOT NULL CHECK (side IN ('DEBIT', 'CREDIT')),
    amount_minor bigint      NOT NULL CHECK (amount_minor > 0),
    currency     text        NOT NULL,
    aggregate_id text        NOT NULL,
    event_type   text        NOT NULL,
    posted_at    timestamptz NOT NULL,
    position     text        NOT NULL
);
-- The lines of an account.
CREATE INDEX journal_of_account ON read.journal (account, posted_at, entry_id);

-- The sums of an account, added to with its lines: a trial balance must not have to add up the whole journal.
CREATE TABLE read.account_balances (
    account      text COLLATE "C" NOT NULL,
    currency     text COLLATE "C" NOT NULL,
    debit_minor  bigint NOT NULL,
    credit_minor bigint NOT NULL,
    lines        bigint NOT NULL,
    PRIMARY KEY (account, currency)
) WITH (fillfactor = 50);

GRANT SELECT, INSERT, UPDATE, DELETE ON read.journal, read.account_balances TO healthpay_app;
