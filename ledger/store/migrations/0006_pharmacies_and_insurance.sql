-- Read models of insurance claims, and of the network: pharmacies and their terminals.

-- An insurance claim as it stands; `diagnosis_codes`, `lines` and `appeal_reason` are sealed boxes. Claims come by the
-- hundred where prescriptions come by the ten thousand, so that four lists may each have their index.
CREATE TABLE read.claims (
    medcard_id        text COLLATE "C" NOT NULL,
    claim_id          text COLLATE "C" NOT NULL,
    provider_id       text COLLATE "C" NOT NULL,
    plan_id           text COLLATE "C" NOT NULL,
    beneficiary_id    text COLLATE "C" NOT NULL,
    service_date      date        NOT NULL,
    year              text COLLATE "C" NOT NULL,
    currency          text        NOT NULL,
    status            text        NOT NULL,
    claimed_minor     bigint      NOT NULL,
    approved_minor    bigint      NOT NULL,
    paid_minor        bigint      NOT NULL,
    reason_codes      text[]      NOT NULL,
    payment_reference text,
    document_refs     text[]      NOT NULL,
    diagnosis_codes   text        NOT NULL,
    lines             text        NOT NULL,
    appeal_reason     text,
    filed_at          timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    position          text        NOT NULL,
    PRIMARY KEY (medcard_id, claim_id)
) WITH (fillfactor = 70);
-- The claims of a card.
CREATE INDEX claims_of_medcard ON read.claims (medcard_id, filed_at, claim_id);
-- A provider's own claims.
CREATE INDEX claims_of_provider ON read.claims (provider_id, filed_at, claim_id);
-- What an insurer has before it.
CREATE INDEX claims_of_plan ON read.claims (plan_id, filed_at, claim_id);
-- An operator's or auditor's list of all claims.
CREATE INDEX claims_newest ON read.claims (filed_at, claim_id);

CREATE TABLE read.pharmacies (
    pharmacy_id   text COLLATE "C" PRIMARY KEY,
    name          text        NOT NULL,
    governorate   text        NOT NULL,
    licence       text        NOT NULL,
    status        text        NOT NULL,
    registered_at timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    version       bigint      NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX pharmacies_newest ON read.pharmacies (registered_at, pharmacy_id);

-- The terminals of a pharmacy are one walk of the key.
CREATE TABLE read.terminals (
    pharmacy_id              text COLLATE "C" NOT NULL,
    terminal_id              text COLLATE "C" NOT NULL,
    offline_claims_max       int         NOT NULL,
    offline_amount_max_minor bigint      NOT NULL,
    offline_age_max_s        int         NOT NULL,
    registered_at            timestamptz NOT NULL,
    revoked_at               timestamptz,
    PRIMARY KEY (pharmacy_id, terminal_id)
);

-- What a pharmacy was refused. Partial, so that a claim that is paid, as nearly all are, pays nothing for it; a pharmacy
-- without rejections would else have all of its claims walked for an empty page.
CREATE INDEX prescriptions_rejected ON read.prescriptions (pharmacy_id, claimed_at, claim_id)
    WHERE status = 'REJECTED';

GRANT SELECT, INSERT, UPDATE, DELETE ON read.claims, read.pharmacies, read.terminals TO healthpay_app;
