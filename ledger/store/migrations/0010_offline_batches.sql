-- What terminals took while they were offline: opened within their caps, closed with what they counted. The door of
-- terminals takes claims of an open batch only.
CREATE TABLE read.offline_batches (
    pharmacy_id       text COLLATE "C" NOT NULL,
    terminal_id       text COLLATE "C" NOT NULL,
    batch_id          text COLLATE "C" NOT NULL,
    first_sequence    bigint      NOT NULL,
    last_sequence     bigint      NOT NULL,
    claims            int         NOT NULL,
    amount_minor      bigint      NOT NULL,
    currency          text        NOT NULL,
    first_captured_at timestamptz NOT NULL,
    opened_at         timestamptz NOT NULL,
    closed_at         timestamptz,
    counted_claims    int,
    rejected_claims   int,
    counted_minor     bigint,
    PRIMARY KEY (pharmacy_id, terminal_id, batch_id)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON read.offline_batches TO healthpay_app;
