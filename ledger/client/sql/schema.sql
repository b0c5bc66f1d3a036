-- A terminal's record: what it was told to do, and what became of it.
CREATE TABLE IF NOT EXISTS commands (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    card TEXT,
    body TEXT,
    captured_at TEXT,
    batch TEXT,
    seq INTEGER,
    amount TEXT,
    made_at TEXT NOT NULL,
    status TEXT,
    answer TEXT,
    position TEXT,
    replayed INTEGER,
    answered_at TEXT
);
CREATE INDEX IF NOT EXISTS commands_unanswered ON commands (number) WHERE status IS NULL;
CREATE INDEX IF NOT EXISTS commands_of_batch ON commands (batch, seq) WHERE batch IS NOT NULL;
CREATE TABLE IF NOT EXISTS batches (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    openings INTEGER NOT NULL,
    said TEXT
);
CREATE TABLE IF NOT EXISTS next_sequence (one INTEGER PRIMARY KEY CHECK (one = 1), value INTEGER NOT NULL);
INSERT OR IGNORE INTO next_sequence VALUES (1, 1);
