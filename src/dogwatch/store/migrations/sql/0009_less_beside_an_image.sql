-- Fewer bytes beside an image, and one index less to write for every image that expires.

-- Nobody looks a stretch of watching up by its number; the column stays, as the order in which they were written.
ALTER TABLE monitoring DROP CONSTRAINT monitoring_pkey;

-- Tags are found by a digest that is equal, never by one that is near: four bytes of hash do for 71 of text.
DROP INDEX tag_of_digest;
CREATE INDEX tag_of_digest ON tag USING hash (digest);
