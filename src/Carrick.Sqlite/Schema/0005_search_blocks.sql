-- What is in a range of ids, so that searches pass over the others: see docs/adr/0031. The filters stand last, and the small one first.
CREATE TABLE event_blocks (
    to_key    INTEGER PRIMARY KEY,
    from_key  INTEGER NOT NULL,
    oldest_at INTEGER NOT NULL,
    newest_at INTEGER NOT NULL,
    words     BLOB NOT NULL,
    subjects  BLOB NOT NULL
);

CREATE TABLE delivery_blocks (
    to_key   INTEGER PRIMARY KEY,
    from_key INTEGER NOT NULL,
    words    BLOB NOT NULL
);

-- Deliveries that were skipped or discarded are few.
CREATE INDEX outcomes_unusual ON outcomes (outcome, delivery) WHERE outcome = 2 OR outcome = 3;

CREATE INDEX dead_letters_open_by_id ON dead_letters (delivery) WHERE replayed_by IS NULL;
