-- The newest version of each subject that an endpoint with skipLate has taken. Retention goes by the time of the last delivery.
CREATE TABLE delivered_versions (
    consumer INTEGER NOT NULL,
    subject  TEXT NOT NULL,
    version  INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (consumer, subject)
) WITHOUT ROWID;

CREATE INDEX delivered_versions_at ON delivered_versions (at);
