-- Ids are the 60 bits that order them; the other half of every id is meta.id_low.
-- Times are Unix milliseconds.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

-- One row: who owns the database. Every commit checks the epoch.
CREATE TABLE leases (
    shard      INTEGER PRIMARY KEY,
    owner      TEXT NOT NULL,
    epoch      INTEGER NOT NULL,
    expires_at INTEGER
);

CREATE TABLE integrations (
    number INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE
);

CREATE TABLE consumers (
    number          INTEGER PRIMARY KEY,
    name            TEXT NOT NULL UNIQUE,
    disabled_at     INTEGER,
    disabled_reason TEXT,
    gate_until      INTEGER
);

-- The body stands last, so that a list that stops before it never reads its overflow pages.
CREATE TABLE events (
    id           INTEGER PRIMARY KEY,
    integration  INTEGER NOT NULL,
    type         TEXT NOT NULL,
    message_id   TEXT NOT NULL,
    subject      TEXT,
    content_type TEXT,
    received_at  INTEGER NOT NULL,
    version      INTEGER,
    verdict      TEXT,
    trace_parent TEXT,
    headers      BLOB,
    body         BLOB NOT NULL
);

-- By event, so that retention deletes a range; the unique index is the dedupe.
CREATE TABLE event_keys (
    event       INTEGER PRIMARY KEY,
    integration INTEGER NOT NULL,
    message_id  TEXT NOT NULL,
    body_hash   INTEGER NOT NULL,
    conflicts   INTEGER NOT NULL DEFAULT 0,
    UNIQUE (integration, message_id)
);

-- due_at 0 means at once.
CREATE TABLE work (
    consumer     INTEGER NOT NULL,
    id           INTEGER NOT NULL,
    event        INTEGER NOT NULL,
    ordering_key TEXT,
    due_at       INTEGER NOT NULL DEFAULT 0,
    attempts     INTEGER NOT NULL DEFAULT 0,
    failures     INTEGER NOT NULL DEFAULT 0,
    flags        INTEGER NOT NULL DEFAULT 0,
    replay_of    INTEGER,
    PRIMARY KEY (consumer, id)
) WITHOUT ROWID;

CREATE INDEX work_delayed ON work (consumer, due_at, id) WHERE due_at > 0;
CREATE INDEX work_ordered ON work (consumer, ordering_key, id) WHERE ordering_key IS NOT NULL;

-- duration is in microseconds.
CREATE TABLE attempts (
    delivery    INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    started_at  INTEGER NOT NULL,
    duration    INTEGER NOT NULL,
    category    INTEGER NOT NULL,
    status_code INTEGER,
    error       TEXT,
    next_due_at INTEGER,
    PRIMARY KEY (delivery, number)
) WITHOUT ROWID;

CREATE TABLE outcomes (
    delivery  INTEGER PRIMARY KEY,
    consumer  INTEGER NOT NULL,
    event     INTEGER NOT NULL,
    outcome   INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    attempts  INTEGER NOT NULL,
    replay_of INTEGER
);

-- A row with replayed_by is history; the others are the dead letters.
CREATE TABLE dead_letters (
    delivery     INTEGER PRIMARY KEY,
    consumer     INTEGER NOT NULL,
    event        INTEGER NOT NULL,
    integration  INTEGER NOT NULL,
    type         TEXT NOT NULL,
    ordering_key TEXT,
    attempts     INTEGER NOT NULL,
    category     INTEGER NOT NULL,
    reason       TEXT NOT NULL,
    at           INTEGER NOT NULL,
    replay_of    INTEGER,
    replayed_by  INTEGER
);

CREATE INDEX dead_letters_open ON dead_letters (consumer, delivery) WHERE replayed_by IS NULL;
CREATE INDEX dead_letters_at ON dead_letters (at);

-- Deliveries made by a replay: their ids do not follow their event's id, as those of all others do.
CREATE TABLE replayed_events (
    event    INTEGER NOT NULL,
    delivery INTEGER NOT NULL,
    PRIMARY KEY (event, delivery)
) WITHOUT ROWID;

CREATE TABLE replays (
    id              INTEGER PRIMARY KEY,
    filter          TEXT NOT NULL,
    rate_per_second INTEGER,
    force           INTEGER NOT NULL,
    actor           TEXT NOT NULL,
    reason          TEXT,
    state           INTEGER NOT NULL,
    total           INTEGER NOT NULL,
    replayed        INTEGER NOT NULL,
    cursor          INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    ended_at        INTEGER
);

CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at     INTEGER NOT NULL,
    actor  TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    reason TEXT
);

CREATE TABLE api_keys (
    id         BLOB PRIMARY KEY,
    name       TEXT NOT NULL,
    prefix     TEXT NOT NULL,
    hash       BLOB NOT NULL,
    scopes     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) WITHOUT ROWID;

CREATE TABLE configuration (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    document TEXT NOT NULL,
    at       INTEGER NOT NULL
);
