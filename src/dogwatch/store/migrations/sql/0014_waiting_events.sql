-- Events that wait are named in a table of their own: taking one in is one small row less, and changes nothing of the
-- event. As a column it wrote the event once more, with a new entry in each of six indexes.

-- No key to the event: it would be looked up for each, and both are written by one statement.
CREATE TABLE waiting_event (
    event_id  bigint PRIMARY KEY
);
INSERT INTO waiting_event SELECT id FROM registry_event WHERE applied_at IS NULL;
DROP INDEX registry_event_waiting;
ALTER TABLE registry_event DROP COLUMN applied_at;
