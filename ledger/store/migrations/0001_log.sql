-- The log: numbered events, stored answers, placement. What may never change is refused by trigger and by grant.

CREATE SCHEMA ledger;

-- The role that the server works as: it owns nothing, so it can neither alter a table nor switch a trigger off.
-- Where the migrating role may not make roles, an administrator makes and grants this one beforehand. Roles belong to
-- the whole cluster, and two databases may be made at the same time.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'healthpay_app') THEN
        CREATE ROLE healthpay_app NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
DO $$
BEGIN
    IF NOT pg_has_role(current_user, 'healthpay_app', 'MEMBER') THEN
        EXECUTE format('GRANT healthpay_app TO %I', current_user);
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'the role % may not work as healthpay_app', current_user
            USING ERRCODE = 'insufficient_privilege', HINT = format('As an administrator: GRANT healthpay_app TO %I', current_user);
END
$$;
GRANT USAGE ON SCHEMA ledger TO healthpay_app;

-- Where each partition ends, under which epoch, and who owns it: the only placement there is.
CREATE TABLE ledger.partitions (
    topic       text   NOT NULL,
    partition   int    NOT NULL,
    head        bigint NOT NULL DEFAULT 0,
    head_digest bytea  NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
    epoch       bigint NOT NULL DEFAULT 0,
    host        text   NOT NULL,
    -- Which start of the host has taken it: a second process under the same name is another holder.
    holder      text   NOT NULL DEFAULT '',
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0.0);
GRANT SELECT, INSERT, UPDATE ON ledger.partitions TO healthpay_app;

CREATE TABLE ledger.events (
    topic          text        NOT NULL,
    partition      int         NOT NULL,
    "offset"       bigint      NOT NULL,
    aggregate_type text        NOT NULL,
    aggregate_id   text        NOT NULL,
    version        bigint      NOT NULL,
    event_type     text        NOT NULL,
    schema_version int         NOT NULL,
    event_data     jsonb       NOT NULL,
    metadata       jsonb       NOT NULL,
    epoch          bigint      NOT NULL,
    occurred_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    digest         bytea       NOT NULL,
    PRIMARY KEY (topic, partition, "offset"),
    UNIQUE (topic, partition, aggregate_id, version)
);
GRANT SELECT, INSERT ON ledger.events TO healthpay_app;

CREATE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER events_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.events
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- The answer of every decided command, kept for ever under its key; `result` is JSON, byte for byte as it was answered.
CREATE TABLE ledger.command_results (
    topic        text        NOT NULL,
    partition    int         NOT NULL,
    aggregate_id text        NOT NULL,
    caller       text        NOT NULL,
    key          text        NOT NULL,
    request_hash bytea       NOT NULL,
    outcome      text        NOT NULL CHECK (outcome IN ('accepted', 'refused')),
    result       text        NOT NULL,
    position     bigint      NOT NULL,
    recorded_at  timestamptz NOT NULL,
    PRIMARY KEY (topic, partition, aggregate_id, caller, key)
);
GRANT SELECT, INSERT ON ledger.command_results TO healthpay_app;
CREATE TRIGGER command_results_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.command_results
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- How far each projection has come; moved by compare-and-set only.
CREATE TABLE ledger.checkpoints (
    projection text   NOT NULL,
    topic      text   NOT NULL,
    partition  int    NOT NULL,
    "offset"   bigint NOT NULL,
    digest     bytea  NOT NULL,
    PRIMARY KEY (projection, topic, partition)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0.0);
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.checkpoints TO healthpay_app;

-- Data keys of persons, wrapped by the master key. Destroying one erases the person: the row stays, its key is gone.
CREATE TABLE ledger.person_keys (
    person_id    text        PRIMARY KEY,
    wrapped_key  bytea,
    made_at      timestamptz NOT NULL DEFAULT now(),
    destroyed_at timestamptz,
    CHECK ((wrapped_key IS NULL) = (destroyed_at IS NOT NULL))
);
GRANT SELECT, INSERT, UPDATE ON ledger.person_keys TO healthpay_app;

-- The append: one call, one transaction. Answers `committed` with the time of its rows, or `fenced` with the partitions
-- whose epoch or head is not the expected one, having written nothing. Keys that have a result already raise HP001,
-- which rolls everything back. `p_*` describe the partitions in key order; `r_at` and `e_at` are 1-based indexes into them.
CREATE FUNCTION ledger.append(
    p_topic text[], p_partition int[], p_epoch bigint[], p_from bigint[], p_to bigint[], p_digest bytea[],
    r_at int[], r_aggregate_id text[], r_caller text[], r_key text[], r_request_hash bytea[], r_accepted boolean[],
    r_result text[], r_position bigint[],
    e_at int[], e_offset bigint[], e_aggregate_type text[], e_aggregate_id text[], e_version bigint[], e_type text[],
    e_schema_version int[], e_data text[], e_metadata text[], e_occurred_at timestamptz[], e_digest bytea[],
    OUT verdict text, OUT recorded_at timestamptz, OUT fenced int[]
) LANGUAGE plpgsql AS $$
DECLARE
    inserted bigint;
BEGIN
    SELECT array_agg(given.at) FILTER (WHERE held.epoch IS NULL OR held.epoch <> given.epoch OR held.head <> given.head)
    INTO fenced
    FROM unnest(p_topic, p_partition, p_epoch, p_from) WITH ORDINALITY AS given (topic, partition, epoch, head, at)
    LEFT JOIN LATERAL (
        -- Held to the commit: offsets are gap-free and in commit order because of this lock. Rows come in key order.
        SELECT p.epoch, p.head FROM ledger.partitions p
        WHERE p.topic = given.topic AND p.partition = given.partition
        FOR UPDATE
    ) held ON true;
    IF fenced IS NOT NULL THEN
        verdict := 'fenced';
        RETURN;
    END IF;
    recorded_at := clock_timestamp();

    INSERT INTO ledger.command_results
    SELECT p_topic[at], p_partition[at], aggregate_id, caller, key, request_hash,
           CASE WHEN accepted THEN 'accepted' ELSE 'refused' END, result, position, append.recorded_at
    FROM unnest(r_at, r_aggregate_id, r_caller, r_key, r_request_hash, r_accepted, r_result, r_position)
        AS given (at, aggregate_id, caller, key, request_hash, accepted, result, position)
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS inserted = ROW_COUNT;
    IF inserted <> cardinality(r_at) THEN
        RAISE EXCEPTION 'keys with a stored result' USING ERRCODE = 'HP001';
    END IF;

    INSERT INTO ledger.events
    SELECT p_topic[at], p_partition[at], event_offset, aggregate_type, aggregate_id, version, event_type, schema_version,
           event_data::jsonb, metadata::jsonb, p_epoch[at], occurred_at, append.recorded_at, digest
    FROM unnest(e_at, e_offset, e_aggregate_type, e_aggregate_id, e_version, e_type, e_schema_version, e_data, e_metadata,
                e_occurred_at, e_digest)
        AS given (at, event_offset, aggregate_type, aggregate_id, version, event_type, schema_version, event_data, metadata,
                  occurred_at, digest);

    UPDATE ledger.partitions p SET head = given.head, head_digest = given.digest
    FROM unnest(p_topic, p_partition, p_to, p_digest) AS given (topic, partition, head, digest)
    WHERE p.topic = given.topic AND p.partition = given.partition AND p.head <> given.head;
    verdict := 'committed';
END
$$;
