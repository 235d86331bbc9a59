-- What is in a range of ids, so that searches pass over the others: see docs/adr/0031. A row stays in its page whole: a search reads all of them.
CREATE TABLE ~event_blocks (
    to_key    bigint PRIMARY KEY,
    from_key  bigint NOT NULL,
    oldest_at bigint NOT NULL,
    newest_at bigint NOT NULL,
    words     bytea NOT NULL,
    subjects  bytea NOT NULL
) WITH (toast_tuple_target = 8160);

ALTER TABLE ~event_blocks ALTER COLUMN words SET STORAGE MAIN, ALTER COLUMN subjects SET STORAGE EXTERNAL;

CREATE TABLE ~delivery_blocks (
    to_key   bigint PRIMARY KEY,
    from_key bigint NOT NULL,
    words    bytea NOT NULL
) WITH (toast_tuple_target = 8160);

ALTER TABLE ~delivery_blocks ALTER COLUMN words SET STORAGE EXTERNAL;

-- Deliveries that were skipped or discarded are few.
CREATE INDEX outcomes_unusual ON ~outcomes (outcome, delivery) WHERE outcome = 2 OR outcome = 3;

CREATE INDEX dead_letters_open_by_id ON ~dead_letters (delivery) WHERE replayed_by IS NULL;

-- Programs of earlier scripts make no blocks and use none.
INSERT INTO ~meta (name, value) VALUES ('schema 3 serves', 1);
