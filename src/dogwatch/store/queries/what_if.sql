-- name: images
-- Images of the repositories that a change is about, with whether they are watched now and would be inside the windows
-- (`is_inside`); and the places in the grid of the first push window and the first activity window that keeps them.
-- Windows come as the earliest moments inside them: the same as watch(), without a function's call for each image.
SELECT image.id AS image_id, image.repository_id, image.digest, clocks.pushed_at, clocks.pulled_at, clocks.in_use_at,
       clocks.watched_until, clocks.held_by, clocks.hold_until, plan.push_window, plan.activity_window, plan.mode,
       clocks.watched AND coalesce(clocks.watched_until >= %(now)s, false) AS is_watched,
       image.state <> 'deleted' AND plan.can_wake AS can_wake,
       coalesce(clocks.hold_until >= %(now)s, false) OR clock.pushed_at >= plan.push_since
           OR coalesce(clock.active_at >= plan.activity_since, false) AS is_inside,
       CASE WHEN clocks.hold_until >= %(now)s THEN 0
            WHEN plan.is_push_given
            THEN cardinality(%(steps)s::timestamptz[]) - width_bucket(clock.pushed_at, %(steps)s::timestamptz[])
            WHEN clock.pushed_at >= plan.push_beside THEN 0
            ELSE %(push_windows)s::int END AS push_place,
       CASE WHEN clock.active_at IS NULL THEN %(activity_windows)s::int
            WHEN plan.is_activity_given
            THEN 1 + cardinality(%(steps)s::timestamptz[]) - width_bucket(clock.active_at, %(steps)s::timestamptz[])
            WHEN clock.active_at >= plan.activity_beside THEN 0
            ELSE %(activity_windows)s::int END AS activity_place
FROM unnest(%(repositories)s::bigint[], %(can_wake)s::boolean[], %(push_window)s::text[], %(activity_window)s::text[],
            %(mode)s::text[], %(push_since)s::timestamptz[], %(activity_since)s::timestamptz[],
            %(is_push_given)s::boolean[], %(push_beside)s::timestamptz[], %(is_activity_given)s::boolean[],
            %(activity_beside)s::timestamptz[])
     AS plan (repository_id, can_wake, push_window, activity_window, mode, push_since, activity_since,
              is_push_given, push_beside, is_activity_given, activity_beside)
JOIN image ON image.repository_id = plan.repository_id
JOIN clocks ON clocks.image_id = image.id
CROSS JOIN LATERAL (
    SELECT coalesce(clocks.pushed_at, %(beginning)s::timestamptz) AS pushed_at,
           CASE plan.mode WHEN 'LAST_PULL_DATE' THEN clocks.pulled_at WHEN 'LAST_IN_USE_AT' THEN clocks.in_use_at
                          ELSE greatest(clocks.pulled_at, clocks.in_use_at) END AS active_at) AS clock

-- name: tally
-- How many images are watched or could be woken, by whether they would be inside, and by their places in the grid.
SELECT image.is_watched, image.is_inside, image.push_place, image.activity_place, count(*)
FROM ({images}) AS image
WHERE image.is_watched OR (image.is_inside AND image.can_wake)
GROUP BY 1, 2, 3, 4

-- name: closing
-- How many findings the leaving images have now. They are the same for all images with an inventory, but for frozen
-- ones, and are counted once.
WITH held AS MATERIALIZED (
    SELECT monitoring.inventory_id, coalesce(monitoring.frozen_revision, -1) AS frozen, count(*) AS images
    FROM ({images}) AS image
    JOIN monitoring ON monitoring.image_id = image.image_id AND monitoring.to_at = '9999-12-31Z'
    WHERE image.is_watched AND NOT image.is_inside AND monitoring.inventory_id IS NOT NULL
    GROUP BY 1, 2
), finding AS (
    SELECT DISTINCT held.inventory_id, held.frozen, held.images, set_exposure.vulnerability_id
    FROM held
    JOIN inventory_set ON inventory_set.inventory_id = held.inventory_id
    JOIN set_exposure ON set_exposure.set_id = inventory_set.set_id
    JOIN exposure ON exposure.id = set_exposure.exposure_id AND exposure.verdict = 'affected'
    WHERE CASE WHEN held.frozen < 0 THEN exposure.from_at <= %(now)s AND exposure.to_at > %(now)s
               ELSE exposure.from_rev <= held.frozen AND exposure.to_rev > held.frozen END
)
SELECT coalesce(sum(images), 0)::bigint FROM finding

-- name: leaving
-- A page of the images that are watched and would not be, by id, with their deadlines now and then.
SELECT page.image_id, registry.alias, repository.name, page.digest, page.watched_until, coalesce(page.held_by, ''),
       found.watched_until
FROM (SELECT image.* FROM ({images}) AS image
      WHERE image.is_watched AND NOT image.is_inside AND image.image_id > %(after)s
      ORDER BY image.image_id LIMIT %(limit)s) AS page
JOIN repository ON repository.id = page.repository_id
JOIN registry ON registry.id = repository.registry_id
CROSS JOIN LATERAL watch(page.pushed_at, page.pulled_at, page.in_use_at, page.push_window, page.activity_window,
                         page.mode, page.hold_until) AS found
ORDER BY page.image_id

-- name: repositories
-- The repositories of an account's watched registries, and whether an event or a deed can wake their images.
SELECT repository.id, registry.alias, repository.name, repository.scan_frequency <> 'MANUAL'
FROM repository JOIN registry ON registry.id = repository.registry_id AND registry.removed_at IS NULL
WHERE repository.account_id = %(account)s
