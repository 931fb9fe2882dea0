-- name: coverage
-- Images with their status, as of now. A sweep that comes late shows no dead image as watched.
SELECT image.*,
       CASE WHEN image.removed_at IS NOT NULL OR image.state = 'deleted' THEN 'RESOURCE_TERMINATED'
            WHEN image.scan_frequency = 'OFF' THEN 'PENDING_DISABLE'
            WHEN image.is_archived THEN 'IMAGE_ARCHIVED'
            WHEN image.scan_frequency = 'MANUAL' THEN 'SCAN_FREQUENCY_MANUAL'
            WHEN NOT image.is_inside THEN 'SCAN_ELIGIBILITY_EXPIRED'
            WHEN image.state = 'failed' THEN image.failure
            WHEN image.state = 'pending' THEN 'PENDING_INITIAL_SCAN'
            WHEN image.scan_frequency = 'SCAN_ON_PUSH' THEN 'SCAN_FREQUENCY_SCAN_ON_PUSH'
            ELSE 'SUCCESSFUL' END AS status_reason,
       CASE WHEN image.removed_at IS NULL AND image.state IN ('pending', 'indexed')
                 AND image.scan_frequency NOT IN ('MANUAL', 'OFF') AND image.is_inside THEN 'ACTIVE' ELSE 'INACTIVE' END AS status_code
FROM ({images}) AS image

-- name: one_by_one
-- Images, and whether they are inside their windows now.
SELECT image.id AS image_id, image.account_id, image.repository_id, registry.alias, registry.url, registry.region,
       registry.removed_at, look_back_since(registry.added_at, registry.look_back) AS look_back_since,
       repository.name AS repository, repository.scan_frequency, image.digest, image.media_type,
       image.os, image.architecture, image.size_bytes, image.state, image.status_reason AS failure, image.problem,
       image.indexed_at, clocks.pushed_at, clocks.pulled_at, clocks.pulled_by, clocks.in_use_at, clocks.watched_until,
       clocks.held_by, clocks.hold_until, clocks.watched,
       coalesce(image.own_inventory_id, layer_chain.inventory_id) AS inventory_id, 1 AS images, image.archived_at,
       image.restored_at, image.archived_at IS NOT NULL AS is_archived,
       coalesce(clocks.watched AND clocks.watched_until >= %(now)s, false) AS is_inside
FROM image
JOIN repository ON repository.id = image.repository_id
JOIN registry ON registry.id = repository.registry_id
JOIN clocks ON clocks.image_id = image.id
JOIN layer_chain ON layer_chain.id = image.chain_id
WHERE {account}

-- name: alike
-- The same, counted before anything is looked up: images of one repository with the same layers mostly are alike.
SELECT repository.account_id, registry.alias, registry.region, registry.removed_at, repository.name AS repository,
       repository.scan_frequency, alike.state, alike.failure, alike.is_archived,
       coalesce(alike.own_inventory_id, layer_chain.inventory_id) AS inventory_id, alike.images, alike.is_inside
FROM (SELECT image.repository_id, image.chain_id, image.own_inventory_id, image.state, image.status_reason AS failure,
             image.archived_at IS NOT NULL AS is_archived, clocks.image_id IS NOT NULL AS is_inside, count(*) AS images
      FROM image
      LEFT JOIN clocks ON clocks.image_id = image.id AND clocks.watched AND clocks.watched_until >= %(now)s
      WHERE {account}
      GROUP BY 1, 2, 3, 4, 5, 6, 7) AS alike
JOIN repository ON repository.id = alike.repository_id
JOIN registry ON registry.id = repository.registry_id
JOIN layer_chain ON layer_chain.id = alike.chain_id

-- name: page
-- A page of images in the order of their ids.
SELECT image.*, coalesce(inventory.distribution, '') AS distribution, coalesce(inventory.release, '') AS release
FROM ({coverage}) AS image
LEFT JOIN inventory ON inventory.id = image.inventory_id
WHERE {filters} AND image.image_id > %(after)s
ORDER BY image.image_id LIMIT %(limit)s

-- name: tags_like
-- Tags that meet a condition; not more than a few.
SELECT repository_id, digest FROM tag WHERE {condition} LIMIT %(limit)s

-- name: tagged
-- Images that tags point to, by themselves or by an index they stand behind.
SELECT image.id
FROM unnest(%(repositories)s::bigint[], %(digests)s::text[]) AS tag (repository_id, digest)
JOIN image ON image.digest = tag.digest AND image.repository_id = tag.repository_id
UNION
SELECT index_image.image_id
FROM unnest(%(repositories)s::bigint[], %(digests)s::text[]) AS tag (repository_id, digest)
JOIN image_index ON image_index.digest = tag.digest AND image_index.repository_id = tag.repository_id
JOIN index_image ON index_image.index_id = image_index.id

-- name: counts
-- Images by registry and status, with the gaps in what was seen of them: those kept with their inventories, and those
-- that follow from the feeds. A family of packages without any feed is one, unless the inventory says so already.
-- Beside them the manifests that are not known to be images, as they could not be resolved.
-- Gaps are added up once for each inventory that is there, all in one pass: asked for one by one, the inventories of a
-- million images took half a minute. Families whose feed lacks nothing, mostly all, are left out before that.
WITH counted AS MATERIALIZED (
    SELECT image.account_id, image.alias, image.status_code, image.status_reason, image.inventory_id,
           sum(image.images) AS images
    FROM ({coverage}) AS image
    WHERE {filters}
    GROUP BY 1, 2, 3, 4, 5
), lacking AS MATERIALIZED (
    SELECT set_family.set_id, set_family.family, feed.gaps,
           package_set.source = ANY(%(database_sources)s::text[]) AS is_database
    FROM set_family
    JOIN package_set ON package_set.id = set_family.set_id
    LEFT JOIN unnest(%(families)s::text[], %(family_gaps)s::int[]) AS feed (family, gaps)
              ON feed.family = set_family.family
    WHERE feed.gaps IS DISTINCT FROM 0
), held AS (
    SELECT inventory_set.inventory_id, lacking.family, lacking.gaps,
           bool_and(lacking.is_database AND told.inventory_id IS NOT NULL) AS is_told
    FROM (SELECT DISTINCT inventory_id FROM counted) AS inventory
    JOIN inventory_set ON inventory_set.inventory_id = inventory.inventory_id
    JOIN lacking ON lacking.set_id = inventory_set.set_id
    LEFT JOIN (SELECT DISTINCT inventory_id FROM gap WHERE kind = ANY(%(said_of_distribution)s::text[])) AS told
              ON told.inventory_id = inventory_set.inventory_id
    GROUP BY 1, 2, 3
), missed AS (
    SELECT inventory_id, sum(gaps) AS gaps
    FROM (SELECT inventory_id, count(*) AS gaps FROM gap GROUP BY 1
          UNION ALL
          SELECT inventory_id, coalesce(gaps, CASE WHEN is_told THEN 0 ELSE 1 END) FROM held) AS one
    GROUP BY 1
)
SELECT account_id, alias, status_code, status_reason, sum(images)::bigint, sum(gaps)::bigint, sum(unresolved)::bigint
FROM (SELECT counted.account_id, counted.alias, counted.status_code, counted.status_reason, counted.images,
             counted.images * coalesce(missed.gaps, 0) AS gaps, 0 AS unresolved
      FROM counted LEFT JOIN missed ON missed.inventory_id = counted.inventory_id
      UNION ALL
      SELECT image.account_id, image.alias, image.status_code, image.status_reason, 0, 0, count(*)
      FROM ({unresolved}) AS image
      WHERE {filters}
      GROUP BY 1, 2, 3, 4) AS part
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2, 3, 4

-- name: groups
-- How many images, and manifests that could not be resolved, have each value of one property.
SELECT part.value, sum(part.members)::bigint
FROM (SELECT {property} AS value, sum(image.images) AS members
      FROM ({coverage}) AS image WHERE {filters} GROUP BY 1
      UNION ALL
      SELECT {property}, count(*) FROM ({unresolved}) AS image WHERE {filters} GROUP BY 1) AS part
GROUP BY 1

-- name: tags
-- The tags of images: their own, and those of the indexes they stand behind.
SELECT image.id, false, tag.name
FROM image JOIN tag ON tag.digest = image.digest AND tag.repository_id = image.repository_id
WHERE image.id = ANY(%(ids)s::bigint[])
UNION
SELECT index_image.image_id, true, tag.name
FROM index_image
JOIN image_index ON image_index.id = index_image.index_id
JOIN tag ON tag.digest = image_index.digest AND tag.repository_id = image_index.repository_id
WHERE index_image.image_id = ANY(%(ids)s::bigint[])
ORDER BY 1, 2, 3

-- name: gaps
-- What could not be seen, by inventory.
SELECT inventory_id, kind, path, detail FROM gap WHERE inventory_id = ANY(%(inventories)s::bigint[])
ORDER BY inventory_id, ordinal

-- name: families
-- The families of ecosystems that inventories hold packages of, with whether their gaps tell that nobody judges these.
SELECT inventory_set.inventory_id, set_family.family,
       bool_and(package_set.source = ANY(%(database_sources)s::text[])
                AND EXISTS (SELECT FROM gap WHERE gap.inventory_id = inventory_set.inventory_id
                                              AND gap.kind = ANY(%(said_of_distribution)s::text[]))) AS is_told
FROM inventory_set
JOIN package_set ON package_set.id = inventory_set.set_id
JOIN set_family ON set_family.set_id = inventory_set.set_id
GROUP BY 1, 2

-- name: families_of
-- The same for some inventories.
SELECT inventory_id, family, is_told FROM ({families}) AS held WHERE inventory_id = ANY(%(inventories)s::bigint[])

-- name: contents
-- How many packages an inventory holds, and how many of them could not be compared with some advisory.
SELECT held.inventory_id, count(*), count(*) FILTER (WHERE EXISTS (
           SELECT FROM undetermined WHERE undetermined.package_id = held.package_id))
FROM (SELECT DISTINCT inventory_set.inventory_id, set_package.package_id
      FROM inventory_set JOIN set_package ON set_package.set_id = inventory_set.set_id
      WHERE inventory_set.inventory_id = ANY(%(inventories)s::bigint[])) AS held
GROUP BY held.inventory_id

-- name: severities
-- Active findings of images by severity; a finding is as severe as its worst package. What is active now is the same for
-- all images with an inventory, but for frozen ones, and is counted once.
WITH watched AS MATERIALIZED (
    SELECT monitoring.image_id, monitoring.inventory_id, coalesce(monitoring.frozen_revision, -1) AS frozen
    FROM monitoring JOIN clocks ON clocks.image_id = monitoring.image_id
    WHERE monitoring.image_id = ANY(%(ids)s::bigint[]) AND monitoring.from_at <= %(now)s AND monitoring.to_at > %(now)s
      AND (monitoring.to_at < '9999-12-31Z' OR clocks.watched_until IS NULL OR clocks.watched_until >= %(now)s)
), counted AS (
    SELECT inventory_id, frozen, severity, count(*) AS findings
    FROM (SELECT held.inventory_id, held.frozen, exposure.vulnerability_id, max(exposure.severity) AS severity
          FROM (SELECT DISTINCT inventory_id, frozen FROM watched) AS held
          JOIN inventory_set ON inventory_set.inventory_id = held.inventory_id
          JOIN set_exposure ON set_exposure.set_id = inventory_set.set_id
          JOIN exposure ON exposure.id = set_exposure.exposure_id AND exposure.verdict = 'affected'
          WHERE CASE WHEN held.frozen < 0 THEN exposure.from_at <= %(now)s AND exposure.to_at > %(now)s
                     ELSE exposure.from_rev <= held.frozen AND exposure.to_rev > held.frozen END
          GROUP BY 1, 2, 3) AS finding
    GROUP BY 1, 2, 3
)
SELECT watched.image_id, counted.severity, counted.findings
FROM watched JOIN counted ON counted.inventory_id = watched.inventory_id AND counted.frozen = watched.frozen

-- name: undetermined
-- Packages of an image that could not be compared, with the reason and how many advisories that concerns.
SELECT DISTINCT package.ecosystem, package.name, package.version, undetermined.reason, undetermined.advisories
FROM image
JOIN layer_chain ON layer_chain.id = image.chain_id
JOIN inventory_set ON inventory_set.inventory_id = coalesce(image.own_inventory_id, layer_chain.inventory_id)
JOIN set_package ON set_package.set_id = inventory_set.set_id
JOIN undetermined ON undetermined.package_id = set_package.package_id
JOIN package ON package.id = set_package.package_id
WHERE image.id = %(image)s AND image.account_id = %(account)s
ORDER BY 1, 2, 3, 4

-- name: is_image
-- Whether the account has such an image.
SELECT FROM image WHERE id = %(image)s AND account_id = %(account)s

-- name: shared_repositories
-- Names that several watched registries of an account have a repository of.
SELECT repository.name
FROM repository JOIN registry ON registry.id = repository.registry_id AND registry.removed_at IS NULL
WHERE repository.account_id = %(account)s
GROUP BY repository.name
HAVING count(*) > 1

-- name: registries_with
-- The watched registries of an account that have a repository of a name.
SELECT registry.alias
FROM repository JOIN registry ON registry.id = repository.registry_id AND registry.removed_at IS NULL
WHERE repository.account_id = %(account)s AND repository.name = %(repository)s
ORDER BY registry.alias
