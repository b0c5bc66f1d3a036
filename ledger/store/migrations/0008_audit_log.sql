-- Who asked for what on what, and what came of it.
CREATE TABLE ledger.audit_log (
    id         text COLLATE "C" PRIMARY KEY,
    at         timestamptz NOT NULL,
    who        text        NOT NULL,
    role       text        NOT NULL,
    what       text        NOT NULL,
    on_what    text        NOT NULL,
    outcome    text        NOT NULL,
    ip         text        NOT NULL,
    request_id text        NOT NULL
);
CREATE INDEX audit_log_newest ON ledger.audit_log (at, id);
GRANT SELECT, INSERT ON ledger.audit_log TO healthpay_app;
CREATE TRIGGER audit_log_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
