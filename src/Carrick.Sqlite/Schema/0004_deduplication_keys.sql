-- What tells an event from others where its message id alone does not. Null where the message id does.
ALTER TABLE events ADD COLUMN deduplication_key TEXT;

-- message_id holds the key. shared_body is the digest of bodies that can come again under another key, and null for all others.
ALTER TABLE event_keys ADD COLUMN shared_body INTEGER;

CREATE INDEX event_keys_shared_body ON event_keys (integration, shared_body, event) WHERE shared_body IS NOT NULL;

-- Up to this event the keys are message ids, whatever the scheme.
INSERT INTO meta (name, value) SELECT 'plain_keys_to', event FROM event_keys ORDER BY event DESC LIMIT 1;
