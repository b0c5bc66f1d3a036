-- Read models: what the log says, in the shape that queries want. All of it can be built again from the log.
-- Ids sort by code point, the same on every machine: a page goes on after a key, in an order without locales.

CREATE SCHEMA read;
GRANT USAGE ON SCHEMA read TO healthpay_app;

-- `holder`, `person` and `items` below are the sealed boxes of the events, as they are: whoever destroys the key of a
-- person has erased the person here as well.

-- Every event of a card moves its version: room in the page keeps those updates off the indexes.
CREATE TABLE read.medcards (
    medcard_id             text COLLATE "C" PRIMARY KEY,
    user_id                text COLLATE "C" NOT NULL,
    plan_id                text COLLATE "C" NOT NULL,
    card_type              text        NOT NULL,
    status                 text        NOT NULL,
    currency               text        NOT NULL,
    monthly_limit_minor    bigint      NOT NULL,
    annual_limit_minor     bigint,
    copayment_basis_points int         NOT NULL,
    expiry_date            date        NOT NULL,
    holder                 text        NOT NULL,
    created_at             timestamptz NOT NULL,
    updated_at             timestamptz NOT NULL,
    version                bigint      NOT NULL
) WITH (fillfactor = 70);
-- An operator's list of all cards; with any other filter it is walked from the newest.
CREATE INDEX medcards_newest ON read.medcards (created_at, medcard_id);
-- A member's own cards.
CREATE INDEX medcards_of_user ON read.medcards (user_id, created_at, medcard_id);
-- An insurer's cards.
CREATE INDEX medcards_of_plan ON read.medcards (plan_id, created_at, medcard_id);

CREATE TABLE read.beneficiaries (
    medcard_id          text COLLATE "C" NOT NULL,
    beneficiary_id      text COLLATE "C" NOT NULL,
    relation            text        NOT NULL,
    person              text        NOT NULL,
    monthly_limit_minor bigint,
    since               timestamptz NOT NULL,
    PRIMARY KEY (medcard_id, beneficiary_id)
);

-- A claim's id is unique on its card, which is also how a claim is asked for.
CREATE TABLE read.prescriptions (
    medcard_id      text COLLATE "C" NOT NULL,
    claim_id        text COLLATE "C" NOT NULL,
    prescription_id text        NOT NULL,
    fill_number     int         NOT NULL,
    pharmacy_id     text COLLATE "C" NOT NULL,
    terminal_id     text,
    beneficiary_id  text COLLATE "C" NOT NULL,
    service_date    date        NOT NULL,
    month           text        NOT NULL,
    currency        text        NOT NULL,
    status          text        NOT NULL,
    total_minor     bigint      NOT NULL,
    covered_minor   bigint      NOT NULL,
    copay_minor     bigint      NOT NULL,
    reject_codes    text[]      NOT NULL,
    items           text,
    claimed_at      timestamptz NOT NULL,
    reversed_at     timestamptz,
    position        text        NOT NULL,
    PRIMARY KEY (medcard_id, claim_id)
);
-- The claims of a card.
CREATE INDEX prescriptions_of_medcard ON read.prescriptions (medcard_id, claimed_at, claim_id);
-- A pharmacy's own claims.
CREATE INDEX prescriptions_of_pharmacy ON read.prescriptions (pharmacy_id, claimed_at, claim_id);
-- An operator's or auditor's list of all claims; it grows at its right edge only, which costs next to nothing.
CREATE INDEX prescriptions_newest ON read.prescriptions (claimed_at, claim_id);

-- Rows are added to at every claim; no index but the key, so that with room in the page no update touches one.
-- No CHECK on the sums: a row that is proposed for an existing month is a difference, and may be negative.
CREATE TABLE read.medcard_monthly_spend (
    medcard_id    text COLLATE "C" NOT NULL,
    month         text COLLATE "C" NOT NULL,
    currency      text   NOT NULL,
    covered_minor bigint NOT NULL,
    total_minor   bigint NOT NULL,
    claims        bigint NOT NULL,
    PRIMARY KEY (medcard_id, month)
) WITH (fillfactor = 50);

GRANT SELECT, INSERT, UPDATE, DELETE
    ON read.medcards, read.beneficiaries, read.prescriptions, read.medcard_monthly_spend TO healthpay_app;
