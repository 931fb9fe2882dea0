-- name: placed
-- The repositories that a change is about, each with its kind of windows. Grouped, so that the planner knows that each
-- comes once, and hashes these few rather than a million clocks.
SELECT repository_id, max(kind) AS kind
FROM unnest(%(repositories)s::bigint[], %(repository_kinds)s::int[]) AS given (repository_id, kind)
GROUP BY repository_id

-- name: resting
-- Images that no change of windows wakes: those that are deleted or archived, and those that somebody has forgotten by
-- hand.
SELECT id FROM image WHERE state = 'deleted'
UNION
SELECT id FROM image WHERE archived_at IS NOT NULL
UNION
SELECT image_id FROM image_deed
WHERE deed = 'forget' AND NOT EXISTS (SELECT FROM monitoring WHERE monitoring.image_id = image_deed.image_id
                                                             AND monitoring.from_at >= image_deed.at)

-- name: tally
-- How many images stand alike: their kind of windows, watched or not, held or not, and the steps of their clocks among
-- the moments that any window asks for. One pass over the clocks; what follows is windows.WindowSteps.
SELECT placed.kind, clocks.watched AND coalesce(clocks.watched_until >= %(now)s, false),
       coalesce(clocks.hold_until >= %(now)s, false), width_bucket(clocks.pushed_at, %(moments)s::timestamptz[]),
       width_bucket(CASE (%(modes)s::text[])[placed.kind + 1]
                    WHEN 'LAST_PULL_DATE' THEN clocks.pulled_at WHEN 'LAST_IN_USE_AT' THEN clocks.in_use_at
                    ELSE greatest(clocks.pulled_at, clocks.in_use_at) END, %(moments)s::timestamptz[]),
       count(*)
FROM ({placed}) AS placed JOIN clocks ON clocks.repository_id = placed.repository_id
WHERE {only}
GROUP BY 1, 2, 3, 4, 5

-- name: only_resting
-- Those among the images not watched that no change of windows wakes.
clocks.image_id IN ({resting}) AND NOT (clocks.watched AND coalesce(clocks.watched_until >= %(now)s, false))

-- name: images
-- Images of those repositories, with whether they are watched now and would be inside the windows (`is_inside`). Windows
-- come as the earliest moments inside them: the same as watch(), without a function's call for each image. Kinds are
-- looked up in arrays, as a join with them would let the planner expect a single repository.
SELECT clocks.image_id, clocks.repository_id, clocks.pushed_at, clocks.pulled_at, clocks.in_use_at,
       clocks.watched_until, clocks.held_by, clocks.hold_until, plan.push_window, plan.activity_window, plan.mode,
       plan.can_wake, clocks.watched AND coalesce(clocks.watched_until >= %(now)s, false) AS is_watched,
       coalesce(clocks.hold_until >= %(now)s, false)
           OR coalesce(clocks.pushed_at, %(beginning)s::timestamptz) >= plan.push_since
           OR coalesce(CASE plan.mode WHEN 'LAST_PULL_DATE' THEN clocks.pulled_at
                                      WHEN 'LAST_IN_USE_AT' THEN clocks.in_use_at
                                      ELSE greatest(clocks.pulled_at, clocks.in_use_at) END >= plan.activity_since,
                       false) AS is_inside
FROM (SELECT repository_id, (%(push_windows)s::text[])[kind + 1] AS push_window,
             (%(activity_windows)s::text[])[kind + 1] AS activity_window, (%(modes)s::text[])[kind + 1] AS mode,
             (%(can_wake)s::boolean[])[kind + 1] AS can_wake,
             (%(push_since)s::timestamptz[])[kind + 1] AS push_since,
             (%(activity_since)s::timestamptz[])[kind + 1] AS activity_since
      FROM ({placed}) AS placed) AS plan
JOIN clocks ON clocks.repository_id = plan.repository_id

-- name: closing
-- How many findings the leaving images have now, by severity; a finding is as severe as its worst package. They are the
-- same for all images with an inventory, but for frozen ones, and are counted once.
WITH held AS MATERIALIZED (
    SELECT monitoring.inventory_id, coalesce(monitoring.frozen_revision, -1) AS frozen, count(*) AS images
    FROM ({images}) AS image
    JOIN monitoring ON monitoring.image_id = image.image_id AND monitoring.to_at = '9999-12-31Z'
    WHERE image.is_watched AND NOT image.is_inside AND monitoring.inventory_id IS NOT NULL
    GROUP BY 1, 2
), finding AS (
    SELECT held.inventory_id, held.frozen, held.images, set_exposure.vulnerability_id,
           max(exposure.severity) AS severity
    FROM held
    JOIN inventory_set ON inventory_set.inventory_id = held.inventory_id
    JOIN set_exposure ON set_exposure.set_id = inventory_set.set_id
    JOIN exposure ON exposure.id = set_exposure.exposure_id AND exposure.verdict = 'affected'
    WHERE CASE WHEN held.frozen < 0 THEN exposure.from_at <= %(now)s AND exposure.to_at > %(now)s
               ELSE exposure.from_rev <= held.frozen AND exposure.to_rev > held.frozen END
    GROUP BY 1, 2, 3, 4
)
SELECT severity, sum(images)::bigint FROM finding GROUP BY severity

-- name: leaving
-- Those that are watched and would not be: deadline and what holds it now, and the deadline then.
SELECT page.image_id, registry.alias, repository.name, image.digest, page.watched_until, coalesce(page.held_by, ''), found.watched_until

-- name: is_leaving
image.is_watched AND NOT image.is_inside

-- name: wakeable
-- Those that are not watched and would be inside: deadline and what would hold it.
SELECT page.image_id, registry.alias, repository.name, image.digest, found.watched_until, found.held_by

-- name: is_wakeable
image.is_inside AND NOT image.is_watched AND image.can_wake
      AND NOT EXISTS (SELECT FROM ({resting}) AS rested WHERE rested.id = image.image_id)

-- name: page
-- A page of images, by id.
FROM (SELECT image.* FROM ({images}) AS image
      WHERE image.image_id > %(after)s AND {only}
      ORDER BY image.image_id LIMIT %(limit)s) AS page
JOIN image ON image.id = page.image_id
JOIN repository ON repository.id = page.repository_id
JOIN registry ON registry.id = repository.registry_id
CROSS JOIN LATERAL watch(page.pushed_at, page.pulled_at, page.in_use_at, page.push_window, page.activity_window,
                         page.mode, page.hold_until) AS found
ORDER BY page.image_id

-- name: repositories
-- The repositories of an account's watched registries, and whether an event or a deed can wake their images.
SELECT repository.id, registry.alias, repository.name, repository.scan_frequency NOT IN ('MANUAL', 'OFF')
FROM repository JOIN registry ON registry.id = repository.registry_id AND registry.removed_at IS NULL
WHERE repository.account_id = %(account)s
