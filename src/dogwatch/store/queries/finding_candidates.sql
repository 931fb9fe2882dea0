-- name: plan_side_by_side
-- The ways below are written so that each row leads to the next ones by an index and the work ends with the page: other
-- plans would make everything first. Until the next one, or the end of the transaction.
SELECT set_config(name, 'off', true)
FROM unnest(ARRAY['enable_hashjoin', 'enable_mergejoin', 'enable_seqscan', 'enable_material']) AS name
UNION ALL SELECT set_config('max_parallel_workers_per_gather', '0', true)

-- name: plan_as_usual
-- What follows is for the planner to decide.
SELECT set_config(name, 'on', true)
FROM unnest(ARRAY['enable_hashjoin', 'enable_mergejoin', 'enable_seqscan', 'enable_material']) AS name

-- name: is_anything_frozen
-- Whether some image stays at the revision of its push: then exposures that ended still count for it.
SELECT EXISTS (SELECT FROM monitoring WHERE frozen_revision IS NOT NULL)

-- name: repositories
-- The repositories of an account that meet the filter, and whether the filter leaves any repository of anybody out. Each
-- is in a registry: joined from the left, it is not read where nothing is asked of it.
SELECT coalesce(array_agg(repository.id ORDER BY repository.id), '{{}}'),
       count(*) = (SELECT count(*) FROM repository)
FROM repository LEFT JOIN registry ON registry.id = repository.registry_id
WHERE repository.account_id = %(account)s AND {filter}

-- name: few
-- Ids, as long as they are fewer than so many: no row where they are not.
SELECT coalesce(array_agg(few.id), '{{}}') FROM ({found} LIMIT %(most)s) AS few (id) HAVING count(*) < %(most)s

-- name: images
-- Images that meet the filter. Each has clocks: joined from the left, they are not read where nothing is asked of them.
SELECT image.id FROM image LEFT JOIN clocks ON clocks.image_id = image.id
WHERE {filter}

-- name: tags
-- How many tags meet the filter, as long as they are few.
SELECT count(*) FROM (SELECT FROM tag WHERE {filter} LIMIT %(most)s) AS found

-- name: vulnerabilities_by_package
-- Vulnerabilities of some package that meets the filter.
SELECT exposure.vulnerability_id
FROM package JOIN exposure ON exposure.package_id = package.id
WHERE exposure.verdict = 'affected' AND {filter}

-- name: vulnerabilities_by_name
-- Vulnerabilities with some name that meets the filter.
SELECT named.vulnerability_id FROM vulnerability_name AS named WHERE {filter}

-- name: vulnerabilities_by_facts
-- Vulnerabilities of which something is known that meets the filter.
SELECT vulnerability.id AS vulnerability_id FROM vulnerability WHERE {filter}

-- name: vulnerabilities
-- Vulnerabilities that meet every filter.
SELECT DISTINCT vulnerability_id FROM ({found}) AS found

-- name: vulnerabilities_since
-- Vulnerabilities that came to be said of something.
SELECT DISTINCT exposure.vulnerability_id FROM exposure WHERE exposure.verdict = 'affected' AND {filter}

-- name: images_since
-- Images that came to be watched.
SELECT DISTINCT image.id FROM monitoring JOIN image ON image.id = monitoring.image_id
WHERE monitoring.inventory_id IS NOT NULL AND {filter}

-- name: spread
-- In how many inventories vulnerabilities are, as long as these are few.
SELECT count(*) FROM (
    SELECT FROM exposure
    JOIN set_exposure ON set_exposure.exposure_id = exposure.id
    JOIN inventory_set ON inventory_set.set_id = set_exposure.set_id
    WHERE exposure.verdict = 'affected' AND exposure.vulnerability_id = ANY(%(vulnerabilities)s::bigint[])
    LIMIT %(most)s) AS found

-- name: walk
-- What exposures (or vulnerabilities) say, each once, in the order of an index: one probe for each.
walk AS (
    (SELECT {columns} FROM {table} WHERE {filter} AND {after} ORDER BY {order} LIMIT 1)
    UNION ALL
    SELECT following.*
    FROM walk CROSS JOIN LATERAL (
        SELECT {columns} FROM {table} WHERE {filter} AND ({expressions}) {beyond} ({walked})
        ORDER BY {order} LIMIT 1) AS following)

-- name: walk_of_vulnerabilities
-- The same of some vulnerabilities. Joined from the left, these are not read where only exposures are asked about.
walk AS MATERIALIZED (
    SELECT DISTINCT {columns}
    FROM exposure LEFT JOIN vulnerability ON vulnerability.id = exposure.vulnerability_id
    WHERE exposure.vulnerability_id = ANY({few}) AND {filter} AND {after}
    ORDER BY {order})

-- name: walk_of_sets
-- The same of some sets of packages.
walk AS MATERIALIZED (
    SELECT DISTINCT {columns}
    FROM (SELECT DISTINCT exposure_id FROM set_exposure WHERE set_id = ANY({few})) AS member
    JOIN exposure ON exposure.id = member.exposure_id
    LEFT JOIN vulnerability ON vulnerability.id = exposure.vulnerability_id
    WHERE {filter} AND {after}
    ORDER BY {order})

-- name: contents_of_images
-- Every inventory that these images were ever watched with, and all sets in them: these are shared, so each is named once.
SELECT coalesce(array_agg(DISTINCT held.inventory_id), '{}'), coalesce(array_agg(DISTINCT held.set_id), '{}')
FROM (SELECT DISTINCT inventory_id FROM monitoring WHERE image_id = ANY(%(images)s::bigint[])) AS watched
JOIN inventory_set AS held ON held.inventory_id = watched.inventory_id

-- name: along_exposures
-- What is said of vulnerabilities in order, the inventories with each, and their images: joined side by side, so that the
-- order holds and the work ends with the page. Sets come first: of a document that changed often much is said of one set,
-- and hundreds of inventories share it.
WITH RECURSIVE {walk}
SELECT * FROM (
    SELECT {walked}, held.inventory_id, watched.image_id AS id
    FROM walk
    CROSS JOIN LATERAL (
        SELECT inventory_set.inventory_id, max(said.newest) AS newest, bool_or(said.has_ended) AS has_ended,
               bool_or(said.is_live) AS is_live, min(said.first_rev) AS first_rev, max(said.last_rev) AS last_rev
        FROM (SELECT set_exposure.set_id, max(exposure.from_at) AS newest, bool_or(exposure.to_at <= %(at)s) AS has_ended,
                     bool_or({live}) AS is_live, min(exposure.from_rev) AS first_rev, max(exposure.to_rev) AS last_rev
              FROM exposure JOIN set_exposure ON set_exposure.exposure_id = exposure.id
              WHERE exposure.verdict = 'affected' AND exposure.vulnerability_id = walk.vulnerability_id
                AND {same} AND {exposure_filter} AND {set_filter}
              GROUP BY set_exposure.set_id) AS said
        JOIN inventory_set ON inventory_set.set_id = said.set_id
        WHERE {inventory_filter}
        GROUP BY inventory_set.inventory_id
        ORDER BY inventory_set.inventory_id {direction}) AS held
    CROSS JOIN LATERAL (
        SELECT DISTINCT monitoring.image_id
        FROM monitoring
        WHERE monitoring.inventory_id = held.inventory_id AND {monitoring_filter}
        ORDER BY monitoring.image_id {direction}) AS watched) AS candidate
WHERE {after} LIMIT {most}

-- name: along_images
-- Images in order, and the vulnerabilities of each. The fence has images looked at first: few of them may be meant.
SELECT * FROM (
    SELECT listed.*, found.vulnerability_id
    FROM ({images} OFFSET 0) AS listed
    CROSS JOIN LATERAL (
        SELECT DISTINCT exposure.vulnerability_id
        FROM monitoring
        JOIN inventory_set ON inventory_set.inventory_id = monitoring.inventory_id
        JOIN set_exposure ON set_exposure.set_id = inventory_set.set_id
        JOIN exposure ON exposure.id = set_exposure.exposure_id
        WHERE monitoring.image_id = listed.id AND {span_filter}
        ORDER BY exposure.vulnerability_id {direction}) AS found) AS candidate
WHERE {after} LIMIT {most}

-- name: images_by_push
-- Images by their last push. The index alone makes the order; what the images are is looked up one by one. Images that are
-- named are found by their names, and sorted.
SELECT pushed.*
FROM (SELECT clocks.pushed_at, clocks.image_id AS id FROM clocks WHERE {clocks_filter}
      ORDER BY coalesce(clocks.pushed_at, 'epoch') {direction}, clocks.image_id {direction}) AS pushed
CROSS JOIN LATERAL (SELECT FROM image WHERE image.id = pushed.id AND {image_filter} OFFSET 0) AS image

-- name: image_after
-- What a walk through images by their last push comes to after some of them.
SELECT coalesce(clocks.pushed_at, 'epoch'), clocks.image_id FROM clocks
WHERE {filter} ORDER BY {order} OFFSET {images} LIMIT 1

-- name: images_by_repository
-- Images by registry, repository and id, or without the registry.
SELECT place.*, image.id
FROM (SELECT {place} FROM repository JOIN registry ON registry.id = repository.registry_id
      WHERE {repository_filter} ORDER BY {order}) AS place
CROSS JOIN LATERAL (
    SELECT image.id FROM image WHERE image.repository_id = place.repository_id AND {image_filter}
    ORDER BY image.id {direction}) AS image
WHERE {after}

-- name: moments
-- Each moment once, by an index: one probe for each.
moment AS (
    (SELECT monitoring.{side} AS at FROM monitoring WHERE {filter} ORDER BY 1 {direction} LIMIT 1)
    UNION ALL
    SELECT following.at
    FROM moment CROSS JOIN LATERAL (
        SELECT monitoring.{side} AS at FROM monitoring WHERE {filter} AND monitoring.{side} {beyond} moment.at
        ORDER BY 1 {direction} LIMIT 1) AS following)

-- name: moments_of_images
-- The same of images that are named: found by them, and sorted.
moment AS MATERIALIZED (
    SELECT DISTINCT monitoring.{side} AS at FROM monitoring WHERE {filter} ORDER BY 1 {direction})

-- name: along_watches
-- Moments at which watches began or ended, in order, and what the images of each were exposed to then.
WITH RECURSIVE {moments}
SELECT * FROM (
    SELECT moment.at AS {column}, found.*
    FROM moment
    CROSS JOIN LATERAL (
        SELECT DISTINCT exposure.vulnerability_id, monitoring.inventory_id, monitoring.image_id AS id
        FROM monitoring
        JOIN inventory_set ON inventory_set.inventory_id = monitoring.inventory_id
        JOIN set_exposure ON set_exposure.set_id = inventory_set.set_id
        JOIN exposure ON exposure.id = set_exposure.exposure_id
        WHERE monitoring.{side} = moment.at AND {span_filter}
        ORDER BY 1 {direction}, 2 {direction}, 3 {direction}) AS found) AS candidate
WHERE {after} LIMIT {most}

-- name: everything
-- All spans at once, then sorted.
SELECT DISTINCT {columns}
FROM (
    SELECT monitoring.image_id AS id, monitoring.inventory_id, exposure.vulnerability_id, clocks.pushed_at,
           repository.id AS repository_id, repository.name AS repository, registry.alias{column}
    FROM exposure
    JOIN set_exposure ON set_exposure.exposure_id = exposure.id
    JOIN inventory_set ON inventory_set.set_id = set_exposure.set_id
    JOIN monitoring ON monitoring.inventory_id = inventory_set.inventory_id
    JOIN clocks ON clocks.image_id = monitoring.image_id
    JOIN repository ON repository.id = monitoring.repository_id
    JOIN registry ON registry.id = repository.registry_id
    {moments}
    WHERE {span_filter}) AS candidate
WHERE {after}
ORDER BY {order} LIMIT {most}

-- name: exposure_after
-- What a walk comes to after some steps.
SELECT DISTINCT {columns} FROM exposure WHERE {filter} ORDER BY {order} OFFSET {steps} LIMIT 1

-- name: overdue
-- Images whose watch is over by the clock, and not ended yet.
SELECT image_id FROM clocks WHERE watched AND watched_until < %(at)s

-- name: first_watches
-- The few watches that began first and one more, whether their images are meant, and whether they began behind where the
-- page does. The fence is for images that are named: theirs are found by them, and sorted.
SELECT monitoring.from_at, monitoring.image_id, {is_meant}, {is_beyond}
FROM (SELECT * FROM monitoring WHERE inventory_id IS NOT NULL AND {filter} {fence}) AS monitoring
ORDER BY monitoring.from_at LIMIT {few} + 1

-- name: watch_after
-- The moment that a walk through watches comes to after some moments.
SELECT DISTINCT {at} FROM monitoring WHERE {filter} ORDER BY 1 {direction} OFFSET {steps} LIMIT 1
