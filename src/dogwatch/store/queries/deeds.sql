-- name: account_of
-- Whose image it is.
SELECT account_id FROM image WHERE id = %(image)s

-- name: lock_clocks
-- Hold the image's row.
SELECT FROM clocks WHERE image_id = %(image)s FOR UPDATE

-- name: situation
-- How an image stands.
SELECT image.state <> 'deleted' AND registry.removed_at IS NULL, repository.scan_frequency,
       clocks.watched AND coalesce(clocks.watched_until >= %(now)s, false),
       coalesce(clocks.watched_until >= %(now)s, false), clocks.hold_until, image.archived_at IS NOT NULL
FROM image
JOIN repository ON repository.id = image.repository_id
JOIN registry ON registry.id = repository.registry_id
JOIN clocks ON clocks.image_id = image.id
WHERE image.id = %(image)s

-- name: activity_mode
-- What the activity window of an image counts from.
SELECT force.activity_mode
FROM image JOIN repository_windows force ON force.repository_id = image.repository_id
WHERE image.id = %(image)s

-- name: retry
-- An image that could not be read gets another chance at once: failures are past. Returns how it stood.
WITH past AS (
    DELETE FROM index_failure WHERE image_id = %(image)s
), former AS (
    SELECT state, id FROM image WHERE id = %(image)s FOR UPDATE
), changed AS (
    UPDATE image SET state = 'pending', status_reason = '', problem = '' WHERE id = %(image)s AND state = 'failed'
)
SELECT state, id FROM former

-- name: save
-- A deed stands in the image's history.
INSERT INTO image_deed (image_id, at, deed, by, reason, until, clock, outcome)
VALUES (%(image)s, %(now)s, %(deed)s, %(by)s, %(reason)s, %(until)s, %(clock)s, %(outcome)s)
RETURNING at, deed, by, reason, until, clock, outcome

-- name: trim_touches
-- Only the newest touches of an image are kept; what ends or begins a watch by hand stays.
DELETE FROM image_deed
WHERE image_id = %(image)s AND deed = 'touch'
  AND id <= (SELECT id FROM image_deed WHERE image_id = %(image)s AND deed = 'touch'
             ORDER BY id DESC OFFSET %(kept)s LIMIT 1)

-- name: watch
-- What the watch has come to.
SELECT watched, watched_until, held_by FROM clocks WHERE image_id = %(image)s

-- name: hands
-- The newest hold of images, and the newest "forget" of those that nothing has woken since.
SELECT DISTINCT ON (image_id, deed) image_id, deed, at, by, reason, until
FROM image_deed
WHERE image_id = ANY(%(ids)s::bigint[])
  AND (deed = 'hold'
       OR (deed = 'forget' AND NOT EXISTS (SELECT FROM monitoring
                                           WHERE monitoring.image_id = image_deed.image_id
                                             AND monitoring.from_at >= image_deed.at)))
ORDER BY image_id, deed, image_deed.id DESC
