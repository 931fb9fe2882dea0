-- name: lock_clocks
-- Hold the images' rows, always in the same order. Read in the next statement, which sees what the wait was for.
SELECT FROM clocks WHERE image_id = ANY(%(ids)s::bigint[]) ORDER BY image_id FOR UPDATE

-- name: standings
-- Images as they stand.
SELECT clocks.image_id, clocks.pushed_at, clocks.pulled_at, clocks.in_use_at, clocks.pulled_by, clocks.watched_until,
       clocks.watched, clocks.hold_until, image.archived_at, image.restored_at, clocks.held_by, image.state, repository.scan_frequency, image.repository_id, repository.registry_id, repository.name,
       image.digest, layer_chain.inventory_id IS NOT NULL, registry.removed_at IS NOT NULL,
       (SELECT max(deletion.occurred_at) FROM registry_event deletion
        WHERE deletion.registry_id = repository.registry_id AND deletion.repository = repository.name
          AND deletion.digest = image.digest AND deletion.kind <> 'pulled' AND deletion.kind = 'deleted' AND NOT deletion.own
          -- A push that moves no clock still brings the image back.
          AND NOT EXISTS (
              SELECT FROM (SELECT image.digest
                           UNION ALL
                           SELECT image_index.digest
                           FROM index_image JOIN image_index ON image_index.id = index_image.index_id
                           WHERE index_image.image_id = image.id) manifest (digest)
              JOIN registry_event push ON push.registry_id = deletion.registry_id
                                      AND push.repository = deletion.repository AND push.digest = manifest.digest
              WHERE push.kind <> 'pulled' AND push.kind = 'pushed' AND NOT push.own
                AND (push.excluded_by IS NOT NULL
                     OR is_first_sight(push.origin, push.occurred_at, registry.look_back, registry.found_until))
                AND push.occurred_at >= deletion.occurred_at))
FROM clocks
JOIN image ON image.id = clocks.image_id
JOIN repository ON repository.id = image.repository_id
JOIN registry ON registry.id = repository.registry_id
JOIN layer_chain ON layer_chain.id = image.chain_id
WHERE clocks.image_id = ANY(%(ids)s::bigint[])
ORDER BY clocks.image_id

-- name: save_clocks
-- Clocks and deadlines as they are now.
UPDATE clocks
SET pushed_at = given.pushed_at, pulled_at = given.pulled_at, in_use_at = given.in_use_at, pulled_by = given.pulled_by,
    watched_until = given.watched_until, held_by = given.held_by, watched = given.watched,
    hold_until = given.hold_until
FROM unnest(%(ids)s::bigint[], %(pushed)s::timestamptz[], %(pulled)s::timestamptz[], %(in_use)s::timestamptz[],
            %(by)s::text[], %(until)s::timestamptz[], %(held_by)s::text[], %(watched)s::boolean[],
            %(hold_until)s::timestamptz[])
     AS given (image_id, pushed_at, pulled_at, in_use_at, pulled_by, watched_until, held_by, watched,
               hold_until)
WHERE clocks.image_id = given.image_id

-- name: save_states
-- Deleted, back again, or given a new chance: failures are past.
WITH past AS (
    DELETE FROM index_failure WHERE image_id = ANY(%(ids)s::bigint[])
)
UPDATE image SET state = given.state, status_reason = '', problem = ''
FROM unnest(%(ids)s::bigint[], %(states)s::text[]) AS given (id, state)
WHERE image.id = given.id

-- name: save_archive
-- Archived, restored, or deleted in the archive.
UPDATE image SET archived_at = given.archived_at, restored_at = given.restored_at
FROM unnest(%(ids)s::bigint[], %(archived)s::timestamptz[], %(restored)s::timestamptz[])
     AS given (id, archived_at, restored_at)
WHERE image.id = given.id

-- name: end
-- Open intervals end; what held them until then goes with them.
UPDATE monitoring
SET to_at = greatest(monitoring.from_at, given.to_at), end_reason = given.reason, held_by = given.held_by
FROM unnest(%(ids)s::bigint[], %(ends)s::timestamptz[], %(reasons)s::text[], %(held_by)s::text[])
     AS given (image_id, to_at, reason, held_by)
WHERE monitoring.image_id = given.image_id AND monitoring.to_at = '9999-12-31Z'

-- name: begin
-- Intervals begin, with the inventory if it is known: then there is nothing to download. Never inside an earlier one; the
-- earlier ones are looked for at once, as a change of windows begins hundreds of thousands.
INSERT INTO monitoring (image_id, repository_id, inventory_id, from_at, begin_reason, frozen_revision)
SELECT image.id, image.repository_id, coalesce(image.own_inventory_id, layer_chain.inventory_id),
       greatest(%(now)s, former.to_at), given.reason,
       CASE WHEN repository.scan_frequency = 'SCAN_ON_PUSH' AND layer_chain.inventory_id IS NOT NULL
            THEN (SELECT coalesce(max(id), 0) FROM revision) END
FROM unnest(%(ids)s::bigint[], %(reasons)s::text[]) AS given (image_id, reason)
JOIN image ON image.id = given.image_id
JOIN repository ON repository.id = image.repository_id
JOIN layer_chain ON layer_chain.id = image.chain_id
LEFT JOIN (SELECT image_id, max(to_at) AS to_at FROM monitoring
           WHERE image_id = ANY(%(ids)s::bigint[]) AND to_at > %(now)s
           GROUP BY image_id) AS former ON former.image_id = given.image_id
ORDER BY given.image_id  -- as the indexes stand

-- name: refreeze
-- A push of a watched scan-on-push image: judged by what is known now, from now on.
WITH newest AS (
    SELECT coalesce(max(id), 0) AS revision FROM revision
), ended AS (
    UPDATE monitoring SET to_at = greatest(from_at, %(now)s), end_reason = 'inventory replaced'
    FROM newest
    WHERE image_id = ANY(%(ids)s::bigint[]) AND to_at = '9999-12-31Z' AND frozen_revision <> newest.revision
    RETURNING image_id, repository_id, inventory_id, to_at
)
INSERT INTO monitoring (image_id, repository_id, inventory_id, from_at, begin_reason, frozen_revision)
SELECT ended.image_id, ended.repository_id, ended.inventory_id, ended.to_at, 'pushed again', newest.revision
FROM ended, newest
