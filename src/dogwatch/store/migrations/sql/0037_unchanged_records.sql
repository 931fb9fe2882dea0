-- What tells whether a record brings what it brought when this feed last showed it: a digest of everything that is
-- stored of it. NULL where that is not known, or another feed of the source has said something of the document since.
ALTER TABLE feed_record ADD COLUMN content bytea;
