-- The newest snapshot of each aggregate: a cache of what its events make, which may be emptied at any time.

CREATE TABLE ledger.snapshots (
    topic          text   NOT NULL,
    partition      int    NOT NULL,
    aggregate_id   text   NOT NULL,
    version        bigint NOT NULL,
    schema_version int    NOT NULL,
    state          bytea  NOT NULL,
    -- Of the event of that version: a snapshot whose event says otherwise was taken of another history.
    digest         bytea  NOT NULL,
    PRIMARY KEY (topic, partition, aggregate_id)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.snapshots TO healthpay_app;
