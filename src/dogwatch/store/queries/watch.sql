-- name: end_expired
-- What is past its deadline ended at the deadline, which itself is inside. In the order of images, as two indexes stand.
WITH due AS (
    SELECT image_id, watched_until, held_by FROM ({due}) AS found ORDER BY image_id
), ended AS (
    UPDATE monitoring
    SET to_at = greatest(from_at, due.watched_until + interval '1 microsecond'),
        end_reason = 'monitoring ended: both windows are over', held_by = due.held_by
    FROM due
    WHERE monitoring.image_id = due.image_id AND monitoring.to_at = '9999-12-31Z'
)
UPDATE clocks SET watched = false FROM due WHERE clocks.image_id = due.image_id

-- name: due_anywhere
-- For the sweep: so many at once, and none that something else is moving at this moment.
SELECT image_id, watched_until, held_by FROM clocks
WHERE watched AND watched_until < %(now)s
ORDER BY watched_until LIMIT %(limit)s FOR UPDATE SKIP LOCKED

-- name: due_in_account
-- Before the windows of an account change.
SELECT image_id, watched_until, held_by FROM clocks
WHERE watched AND watched_until < %(now)s
  AND repository_id IN (SELECT id FROM repository WHERE account_id = %(account)s)
FOR UPDATE

-- name: due_of_images
-- Before images get another inventory: what the sweep has not ended yet is not prolonged.
SELECT image_id, watched_until, held_by FROM clocks
WHERE watched AND watched_until < %(now)s AND image_id = ANY(%(images)s::bigint[])
FOR UPDATE

-- name: apply_setting
-- Every deadline of an account anew, by the windows of each repository; what is over by them ends now. Of the repositories
-- to wake, what is inside is watched again: in the same update, as a row that is changed twice in one transaction costs
-- far more than two. Returns those woken.
WITH changed AS (
    UPDATE clocks
    SET watched_until = given.watched_until, held_by = given.held_by,
        watched = given.wakes OR (clocks.watched AND coalesce(given.watched_until >= %(now)s, false))
    FROM (SELECT known.image_id, found.watched_until, found.held_by, known.held_by AS former, waking.wakes,
                 found.watched_until IS DISTINCT FROM known.watched_until
                     OR found.held_by IS DISTINCT FROM known.held_by AS moves
          FROM repository_windows force
          JOIN clocks known ON known.repository_id = force.repository_id
          LEFT JOIN ({resting}) AS rested ON rested.id = known.image_id
          CROSS JOIN LATERAL watch(known.pushed_at, known.pulled_at, known.in_use_at, force.push_window,
                                   force.activity_window, force.activity_mode, known.hold_until) found
          CROSS JOIN LATERAL (
              SELECT NOT known.watched AND coalesce(found.watched_until >= %(now)s, false) AND rested.id IS NULL
                     AND force.repository_id = ANY(%(waking)s::bigint[]) AS wakes) waking
          WHERE force.account_id = %(account)s) given
    WHERE clocks.image_id = given.image_id AND (given.moves OR given.wakes)
    RETURNING clocks.image_id, clocks.watched, given.former, given.wakes
), ended AS (
    UPDATE monitoring
    SET to_at = greatest(from_at, %(now)s), end_reason = 'monitoring ended: the windows were shortened',
        held_by = changed.former
    FROM changed
    WHERE NOT changed.watched AND monitoring.image_id = changed.image_id AND monitoring.to_at = '9999-12-31Z'
)
SELECT image_id FROM changed WHERE wakes

-- name: repositories_to_wake
-- Repositories of an account (or of one of its registries) where a deed wakes images.
SELECT repository.id, repository.name
FROM repository JOIN registry ON registry.id = repository.registry_id AND registry.removed_at IS NULL
WHERE repository.account_id = %(account)s AND repository.scan_frequency NOT IN ('MANUAL', 'OFF')
  AND (%(registry)s::bigint IS NULL OR repository.registry_id = %(registry)s)

-- name: account_of_chain
-- Whose layer chain it is.
SELECT account_id FROM layer_chain WHERE id = %(chain)s

-- name: attach_to_chain
-- The chain's inventory, and by which extractors. Also holds the chain: nobody makes images of it known meanwhile.
UPDATE layer_chain SET inventory_id = %(inventory)s, fingerprint = %(fingerprint)s WHERE id = %(chain)s

-- name: lock_clocks_of_chain
-- Hold the rows of the chain's images that have nothing beside their layers, in order.
SELECT image_id FROM clocks
WHERE image_id IN (SELECT id FROM image WHERE chain_id = %(chain)s AND own_inventory_id IS NULL)
ORDER BY image_id FOR UPDATE

-- name: attach_to_images
-- The chain's images are indexed; a deleted one stays deleted. Failures are past.
WITH past AS (
    DELETE FROM index_failure USING image WHERE image.chain_id = %(chain)s AND index_failure.image_id = image.id
)
UPDATE image SET state = 'indexed', status_reason = '', problem = '', indexed_at = %(now)s
WHERE chain_id = %(chain)s AND state <> 'deleted'

-- name: fill_beginning
-- An interval that begins at this very moment says nothing of an earlier one: it takes the inventory itself.
UPDATE monitoring
SET inventory_id = %(inventory)s,
    frozen_revision = CASE WHEN repository.scan_frequency = 'SCAN_ON_PUSH'
                           THEN coalesce(frozen_revision, (SELECT coalesce(max(id), 0) FROM revision)) END
FROM repository
WHERE monitoring.image_id = ANY(%(images)s::bigint[]) AND repository.id = monitoring.repository_id
  AND monitoring.to_at = '9999-12-31Z' AND monitoring.from_at >= %(now)s
  AND monitoring.inventory_id IS DISTINCT FROM %(inventory)s

-- name: go_on_with_inventory
-- Open intervals with another inventory, or none, end; intervals with this one begin.
WITH ended AS (
    UPDATE monitoring SET to_at = greatest(from_at, %(now)s), end_reason = 'inventory replaced'
    WHERE image_id = ANY(%(images)s::bigint[])
      AND to_at = '9999-12-31Z' AND inventory_id IS DISTINCT FROM %(inventory)s
    RETURNING monitoring.image_id, monitoring.repository_id, monitoring.to_at, monitoring.frozen_revision,
              monitoring.inventory_id IS NULL AS was_unknown
)
INSERT INTO monitoring (image_id, repository_id, inventory_id, from_at, begin_reason, frozen_revision)
SELECT ended.image_id, ended.repository_id, %(inventory)s, ended.to_at,
       CASE WHEN ended.was_unknown THEN 'first inventory' ELSE %(reason)s END,
       CASE WHEN repository.scan_frequency = 'SCAN_ON_PUSH'
            THEN coalesce(ended.frozen_revision, (SELECT coalesce(max(id), 0) FROM revision)) END
FROM ended JOIN repository ON repository.id = ended.repository_id

-- name: ask_for_bills_anew
-- The chain's inventory was made anew: what bills add to it has to be put together with that.
UPDATE image_bills SET due_at = '-infinity', asked = asked + 1
FROM (SELECT image_id FROM image_bills JOIN image ON image.id = image_id
      WHERE image.chain_id = %(chain)s AND image.own_inventory_id IS NOT NULL
      ORDER BY image_id FOR UPDATE OF image_bills) AS held
WHERE image_bills.image_id = held.image_id
