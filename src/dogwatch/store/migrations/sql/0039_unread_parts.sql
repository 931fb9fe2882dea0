-- What could not be read of a record that was taken over otherwise, in words: each with its package where that is known.
ALTER TABLE feed_record ADD COLUMN unread text[] NOT NULL DEFAULT '{}';
CREATE INDEX feed_record_with_unread ON feed_record (source, ecosystem, name) WHERE unread <> '{}';
