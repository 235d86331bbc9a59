-- What tells an event from others where its message id alone does not. Null where the message id does.
ALTER TABLE ~events ADD COLUMN deduplication_key text COLLATE "C";

-- message_id holds the key. shared_body is the digest of bodies that can come again under another key, and null for all others.
ALTER TABLE ~event_keys ADD COLUMN shared_body bigint;

CREATE INDEX event_keys_shared_body ON ~event_keys (integration, shared_body, event) WHERE shared_body IS NOT NULL;

-- Up to this event the keys may be message ids, whatever the scheme: those of now, and of a day in which programs of script 1 may go on.
INSERT INTO ~meta (name, value)
SELECT 'plain_keys_to', ((extract(epoch FROM now()) * 1000)::bigint + 86400000) << 12 FROM ~event_keys LIMIT 1;

-- Programs of script 1 write no keys beside message ids: for what they receive and handle, the message id alone counts as before.
INSERT INTO ~meta (name, value) VALUES ('schema 2 serves', 1);
