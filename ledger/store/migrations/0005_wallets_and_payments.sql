-- Read models of wallets and payments. Amounts in minor units of the row's currency.

CREATE TABLE read.wallets (
    wallet_id           text COLLATE "C" PRIMARY KEY,
    user_id             text COLLATE "C" NOT NULL,
    owner_class         text        NOT NULL,
    currency            text        NOT NULL,
    status              text        NOT NULL,
    daily_limit_minor   bigint,
    monthly_limit_minor bigint,
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    version             bigint      NOT NULL
) WITH (fillfactor = 70);
-- An operator's list of all wallets.
CREATE INDEX wallets_newest ON read.wallets (created_at, wallet_id);
-- A member's own wallets.
CREATE INDEX wallets_of_user ON read.wallets (user_id, created_at, wallet_id);

-- Added to at every event; no index but the key, so that with room in the page no update touches one.
-- No CHECK on the sums: a row that is proposed for an existing wallet is a difference, and may be negative.
CREATE TABLE read.wallet_balances (
    wallet_id     text COLLATE "C" PRIMARY KEY,
    currency      text        NOT NULL,
    balance_minor bigint      NOT NULL,
    held_minor    bigint      NOT NULL,
    at            timestamptz NOT NULL,
    version       bigint      NOT NULL
) WITH (fillfactor = 50);

-- What a wallet held from each event on that moved its money, and from its creation on: nothing.
CREATE TABLE read.wallet_balance_history (
    wallet_id     text COLLATE "C" NOT NULL,
    version       bigint      NOT NULL,
    at            timestamptz NOT NULL,
    currency      text        NOT NULL,
    balance_minor bigint      NOT NULL,
    held_minor    bigint      NOT NULL,
    PRIMARY KEY (wallet_id, version)
);
-- What was held at a moment: the last row that is not after it.
CREATE INDEX wallet_balance_history_at ON read.wallet_balance_history (wallet_id, at, version);

CREATE TABLE read.transactions (
    wallet_id      text COLLATE "C" NOT NULL,
    transaction_id text COLLATE "C" NOT NULL,
    kind           text        NOT NULL,
    direction      text        NOT NULL,
    amount_minor   bigint      NOT NULL,
    currency       text        NOT NULL,
    source         text        NOT NULL,
    reference      text        NOT NULL,
    owner          text        NOT NULL,
    hold_id        text,
    reverses       text,
    reason         text        NOT NULL,
    reversed_by    text,
    reversed_at    timestamptz,
    posted_at      timestamptz NOT NULL,
    position       text        NOT NULL,
    PRIMARY KEY (wallet_id, transaction_id)
);
CREATE INDEX transactions_of_wallet ON read.transactions (wallet_id, posted_at, transaction_id);

-- `customer` is the sealed box of the event, as it is.
CREATE TABLE read.payments (
    payment_id             text COLLATE "C" PRIMARY KEY,
    wallet_id              text COLLATE "C" NOT NULL,
    user_id                text COLLATE "C" NOT NULL,
    amount_minor           bigint      NOT NULL,
    currency               text        NOT NULL,
    gateway                text        NOT NULL,
    method                 text        NOT NULL,
    customer               text        NOT NULL,
    status                 text        NOT NULL,
    disputed               boolean     NOT NULL,
    reference              text,
    checkout_url           text,
    expires_at             timestamptz,
    gateway_transaction_id text,
    captured_minor         bigint      NOT NULL,
    refunded_minor         bigint      NOT NULL,
    fees_minor             bigint      NOT NULL,
    created_at             timestamptz NOT NULL,
    updated_at             timestamptz NOT NULL,
    version                bigint      NOT NULL
) WITH (fillfactor = 70);
-- An operator's list of all payments.
CREATE INDEX payments_newest ON read.payments (created_at, payment_id);
-- A member's own payments.
CREATE INDEX payments_of_user ON read.payments (user_id, created_at, payment_id);
CREATE INDEX payments_of_wallet ON read.payments (wallet_id, created_at, payment_id);

-- A refund's id is unique in its payment.
CREATE TABLE read.refunds (
    payment_id        text COLLATE "C" NOT NULL,
    refund_id         text COLLATE "C" NOT NULL,
    wallet_id         text        NOT NULL,
    amount_minor      bigint      NOT NULL,
    currency          text        NOT NULL,
    source            text        NOT NULL,
    status            text        NOT NULL,
    reason            text        NOT NULL,
    gateway_refund_id text,
    requested_at      timestamptz NOT NULL,
    ended_at          timestamptz,
    PRIMARY KEY (payment_id, refund_id)
);

GRANT SELECT, INSERT, UPDATE, DELETE
    ON read.wallets, read.wallet_balances, read.wallet_balance_history, read.transactions, read.payments, read.refunds
    TO healthpay_app;
