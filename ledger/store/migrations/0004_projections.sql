-- The care of projections: what operators say to them, what they could not apply, and their tables built anew.

-- One row a projection, made when it first runs. `generation` rises whenever somebody other than its own projector has
-- touched its tables, checkpoints or dead letters, or has paused it: a batch that was made before does not go in.
CREATE TABLE ledger.projections (
    projection text        PRIMARY KEY,
    generation bigint      NOT NULL DEFAULT 0,
    paused_at  timestamptz
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0.0);
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.projections TO healthpay_app;

-- Aggregates that a projection has parked: its events from `first_offset` on are in the log, and not in its tables.
CREATE TABLE ledger.dead_letters (
    projection   text        NOT NULL,
    topic        text        NOT NULL,
    partition    int         NOT NULL,
    aggregate_id text        NOT NULL,
    first_offset bigint      NOT NULL,
    error        text        NOT NULL,
    count        bigint      NOT NULL,
    parked_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (projection, topic, partition, aggregate_id)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.dead_letters TO healthpay_app;

-- The events that a projection's tables must tell of: up to its checkpoints, without those that are parked.
CREATE VIEW ledger.applied_events AS
SELECT c.projection, e.*
FROM ledger.checkpoints c
JOIN ledger.events e ON e.topic = c.topic AND e.partition = c.partition AND e."offset" <= c."offset"
WHERE NOT EXISTS (
    SELECT FROM ledger.dead_letters d
    WHERE d.projection = c.projection AND d.topic = e.topic AND d.partition = e.partition
        AND d.aggregate_id = e.aggregate_id AND d.first_offset <= e."offset"
);
GRANT SELECT ON ledger.applied_events TO healthpay_app;

-- Empty twins of tables of schema `read`, in schema `shadow`: with their columns, checks, keys, indexes by the same names,
-- storage, grants and owner. What stood there before is dropped. As the owner of schema `read`.
CREATE FUNCTION ledger.make_shadow(shadow text, names text[], durable boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text;
    live regclass;
    item record;
BEGIN
    EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', shadow);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO healthpay_app', shadow);
    FOREACH name IN ARRAY names LOOP
        live := format('read.%I', name)::regclass;
        IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = live)
            OR EXISTS (SELECT FROM pg_constraint WHERE live IN (conrelid, confrelid) AND contype = 'f') THEN
            RAISE EXCEPTION '% has triggers or foreign keys, which a table built beside it would not have', live;
        END IF;
        EXECUTE format('DROP TABLE IF EXISTS %I.%I', shadow, name);
        EXECUTE format('CREATE %s TABLE %I.%I (LIKE read.%I INCLUDING ALL EXCLUDING INDEXES)',
                       CASE WHEN durable THEN '' ELSE 'UNLOGGED' END, shadow, name, name);
        FOR item IN SELECT unnest(reloptions) AS option FROM pg_class WHERE oid = live LOOP
            EXECUTE format('ALTER TABLE %I.%I SET (%s)', shadow, name, item.option);
        END LOOP;
        FOR item IN SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint
                    WHERE conrelid = live AND contype IN ('p', 'u', 'x') LOOP
            EXECUTE format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s', shadow, name, item.conname, item.definition);
        END LOOP;
        FOR item IN SELECT pg_get_indexdef(i.indexrelid) AS definition FROM pg_index i
                    WHERE i.indrelid = live AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid) LOOP
            EXECUTE replace(item.definition, format(' ON read.%I ', name), format(' ON %I.%I ', shadow, name));
        END LOOP;
        FOR item IN SELECT g.privilege_type, coalesce(quote_ident(r.rolname), 'PUBLIC') AS grantee
                    FROM pg_class c, aclexplode(c.relacl) g LEFT JOIN pg_roles r ON r.oid = g.grantee
                    WHERE c.oid = live AND g.grantee <> c.relowner LOOP
            EXECUTE format('GRANT %s ON %I.%I TO %s', item.privilege_type, shadow, name, item.grantee);
        END LOOP;
        SELECT r.rolname INTO item FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE c.oid = live;
        EXECUTE format('ALTER TABLE %I.%I OWNER TO %I', shadow, name, item.rolname);
    END LOOP;
END
$$;

-- Puts the tables of schema `shadow` into the place of those of schema `read`, which are left in schema `outgoing`.
-- Readers wait for the end of the transaction and then see the new ones.
CREATE FUNCTION ledger.swap_shadow(shadow text, names text[], outgoing text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text;
BEGIN
    EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', outgoing);
    FOREACH name IN ARRAY names LOOP
        EXECUTE format('DROP TABLE IF EXISTS %I.%I', outgoing, name);
    END LOOP;
    FOREACH name IN ARRAY names LOOP
        EXECUTE format('ALTER TABLE read.%I SET SCHEMA %I', name, outgoing);
        EXECUTE format('ALTER TABLE %I.%I SET SCHEMA read', shadow, name);
    END LOOP;
END
$$;

CREATE FUNCTION ledger.drop_shadow(shadow text, names text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY names LOOP
        EXECUTE format('DROP TABLE IF EXISTS %I.%I', shadow, name);
    END LOOP;
END
$$;

-- The rows in which a table of schema `read` and its twin differ, by their key; values are not shown.
CREATE FUNCTION ledger.shadow_differences(shadow text, name text, rows_max int)
RETURNS TABLE (place text, what text) LANGUAGE plpgsql AS $$
DECLARE
    key text;
BEGIN
    SELECT string_agg(format('r.%I', a.attname), ', ' ORDER BY a.attnum) INTO STRICT key
    FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
    WHERE i.indrelid = format('read.%I', name)::regclass AND i.indisprimary;
    RETURN QUERY EXECUTE format($sql$
        WITH live AS MATERIALIZED (
            SELECT concat_ws(' ', %1$s) AS place, to_jsonb(r) AS columns
            FROM (SELECT * FROM read.%2$I EXCEPT SELECT * FROM %3$I.%2$I LIMIT %4$s) r
        ), fold AS MATERIALIZED (
            SELECT concat_ws(' ', %1$s) AS place, to_jsonb(r) AS columns
            FROM (SELECT * FROM %3$I.%2$I EXCEPT SELECT * FROM read.%2$I LIMIT %4$s) r
        )
        SELECT coalesce(live.place, fold.place),
               CASE WHEN live.place IS NULL THEN 'is not what the log says, or missing in the read model'
                    WHEN fold.place IS NULL THEN 'is not what the log says, or in the read model only'
                    ELSE 'differs from the log in ' || (
                        SELECT string_agg(l.key, ', ' ORDER BY l.key) FROM jsonb_each(live.columns) l
                        WHERE l.value IS DISTINCT FROM fold.columns -> l.key
                    ) END
        FROM live FULL JOIN fold USING (place)
        ORDER BY 1
        LIMIT %4$s
    $sql$, key, name, shadow, rows_max);
END
$$;
REVOKE EXECUTE ON FUNCTION ledger.make_shadow, ledger.swap_shadow, ledger.drop_shadow FROM PUBLIC;
