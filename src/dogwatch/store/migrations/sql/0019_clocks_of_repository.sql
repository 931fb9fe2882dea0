-- Whose windows an image's clocks are held against, beside the clocks: counting what other windows would do goes over
-- the clocks alone. An image never moves to another repository.

ALTER TABLE clocks ADD COLUMN repository_id bigint;
CREATE FUNCTION pg_temp.repository_of(image bigint) RETURNS bigint LANGUAGE sql STABLE AS
    'SELECT repository_id FROM image WHERE id = $1';
-- As a change of type the table is written anew, once; an update would leave it twice as long.
ALTER TABLE clocks ALTER COLUMN repository_id TYPE bigint USING pg_temp.repository_of(image_id);
ALTER TABLE clocks ALTER COLUMN repository_id SET NOT NULL;
DROP FUNCTION pg_temp.repository_of(bigint);

-- What no window wakes is few beside all images.
CREATE INDEX image_deleted ON image (id) WHERE state = 'deleted';
CREATE INDEX image_deed_forgotten ON image_deed (image_id, at) WHERE deed = 'forget';
