-- name: one_snapshot
-- All statements of an audit see one moment. Not READ ONLY, which would forbid the look at the job's lease in the end.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ

-- name: packages
-- Stored packages in the order of their ids, from one on.
SELECT id, ecosystem, name, version, arch, source_name, source_version, module, vendor, match_name, match_version, scheme,
       scheme_number, key, not_comparable
FROM package WHERE id > %(after)s ORDER BY id LIMIT %(limit)s

-- name: open_matches
-- What is stored as matches of these packages.
SELECT package_id, range_id, verdict FROM match
WHERE package_id = ANY(%(packages)s::bigint[]) AND to_rev = 2147483647

-- name: open_exposures
-- What is stored as exposures of these packages; the columns of `matching.load_open_exposures`.
SELECT id, package_id, vulnerability_id, verdict, fix_state, fixed_version, severity,
       score_tenths, score_vector, score_version, score_source, advisory, source
FROM exposure WHERE package_id = ANY(%(packages)s::bigint[]) AND to_at = '9999-12-31Z'

-- name: undetermined
-- What is stored as undetermined of these packages.
SELECT package_id, reason, advisories FROM undetermined WHERE package_id = ANY(%(packages)s::bigint[])

-- name: vulnerability_names
-- The leading names of vulnerabilities.
SELECT id, name FROM vulnerability WHERE id = ANY(%(ids)s::bigint[])

-- name: range_documents
-- Which documents state these ranges.
SELECT affected_range.id, advisory.source || ' ' || advisory.name
FROM affected_range JOIN advisory ON advisory.id = affected_range.advisory_id
WHERE affected_range.id = ANY(%(ids)s::bigint[])

-- name: named_advisories
-- Every document that a feed lists, with the names it bears.
SELECT advisory.id, advisory.name,
       coalesce(array_agg(advisory_name.name ORDER BY advisory_name.name) FILTER (WHERE is_cve), '{}'),
       coalesce(array_agg(advisory_name.name ORDER BY advisory_name.name) FILTER (WHERE NOT is_cve), '{}')
FROM advisory JOIN advisory_name ON advisory_name.advisory_id = advisory.id
WHERE advisory.removed_at IS NULL
GROUP BY advisory.id

-- name: names_of_removed
-- Every name that a document bears which no feed lists any more.
SELECT DISTINCT advisory_name.name FROM advisory_name JOIN advisory ON advisory.id = advisory_name.advisory_id
WHERE advisory.removed_at IS NOT NULL

-- name: links
-- Which vulnerabilities listed documents are linked to. A merged one has no documents of its own.
SELECT advisory.name, vulnerability.name
FROM advisory_vulnerability
JOIN advisory ON advisory.id = advisory_vulnerability.advisory_id
JOIN vulnerability ON vulnerability.id = advisory_vulnerability.vulnerability_id
WHERE advisory.removed_at IS NULL

-- name: names
-- Every name by which vulnerabilities are known.
SELECT vulnerability_name.name, vulnerability.name
FROM vulnerability_name JOIN vulnerability ON vulnerability.id = vulnerability_name.vulnerability_id

-- name: ecosystems_of_sets
-- The ecosystems whose packages each set holds.
SELECT DISTINCT set_package.set_id, package.ecosystem
FROM set_package JOIN package ON package.id = set_package.package_id

-- name: families
-- The families that are stored with sets.
SELECT set_id, family FROM set_family

-- name: set_exposures
-- Exposures of package sets, closed ones included, that are stored and do not follow, or follow and are not stored.
WITH expected AS MATERIALIZED (
    SELECT set_package.set_id, exposure.vulnerability_id, exposure.id
    FROM exposure JOIN set_package ON set_package.package_id = exposure.package_id
    WHERE exposure.verdict = 'affected'
), differing AS (
    (SELECT set_id, vulnerability_id, exposure_id, true AS is_stored FROM set_exposure
     EXCEPT SELECT set_id, vulnerability_id, id, true FROM expected)
    UNION ALL
    (SELECT set_id, vulnerability_id, id, false FROM expected
     EXCEPT SELECT set_id, vulnerability_id, exposure_id, false FROM set_exposure)
)
SELECT differing.set_id, vulnerability.name, differing.exposure_id, differing.is_stored
FROM differing LEFT JOIN vulnerability ON vulnerability.id = differing.vulnerability_id

-- name: accounts
-- Whose repositories are audited.
SELECT id FROM account ORDER BY id

-- name: deadlines
-- Images whose deadline, or what holds it, is not what the windows in force make of their clocks; and clocks that name
-- another repository than their image does.
SELECT registry.alias || '/' || repository.name || '@' || image.digest,
       coalesce(clocks.watched_until::text, 'no deadline') || ', held by ' || coalesce(clocks.held_by, 'nothing'),
       coalesce(found.watched_until::text, 'no deadline') || ', held by ' || coalesce(found.held_by, 'nothing')
FROM clocks
JOIN image ON image.id = clocks.image_id
JOIN repository ON repository.id = image.repository_id
JOIN registry ON registry.id = repository.registry_id
JOIN repository_windows AS force ON force.repository_id = repository.id
CROSS JOIN LATERAL watch(clocks.pushed_at, clocks.pulled_at, clocks.in_use_at,
                         force.push_window, force.activity_window, force.activity_mode, clocks.hold_until) AS found
WHERE found.watched_until IS DISTINCT FROM clocks.watched_until OR found.held_by IS DISTINCT FROM clocks.held_by
UNION ALL
SELECT registry.alias || '/' || repository.name || '@' || image.digest, 'repository ' || clocks.repository_id,
       'repository ' || image.repository_id
FROM clocks
JOIN image ON image.id = clocks.image_id AND image.repository_id <> clocks.repository_id
JOIN repository ON repository.id = image.repository_id
JOIN registry ON registry.id = repository.registry_id

-- name: monitoring
-- Images whose open interval is not what their clocks, their state and their layers say: open exactly while the image is
-- watched, which no deleted image is, and with the inventory of its layers, or with that and what its bills add.
SELECT registry.alias || '/' || repository.name || '@' || image.digest,
       CASE WHEN open.id IS NULL THEN 'not open'
            ELSE 'open, inventory ' || coalesce(open.inventory_id::text, 'none') END,
       CASE WHEN NOT (clocks.watched AND existing.truly) THEN 'not open'
            ELSE 'open, inventory ' || coalesce(known.inventory_id::text, 'none') END
FROM image
JOIN repository ON repository.id = image.repository_id
JOIN registry ON registry.id = repository.registry_id
JOIN layer_chain ON layer_chain.id = image.chain_id
JOIN clocks ON clocks.image_id = image.id
LEFT JOIN monitoring AS open ON open.image_id = image.id AND open.to_at = '9999-12-31Z'
CROSS JOIN LATERAL (SELECT image.state <> 'deleted' AND registry.removed_at IS NULL AS truly) AS existing
CROSS JOIN LATERAL (SELECT coalesce(image.own_inventory_id, layer_chain.inventory_id) AS inventory_id) AS known
WHERE (open.id IS NOT NULL) <> (clocks.watched AND existing.truly)
   OR (open.id IS NOT NULL AND open.inventory_id IS DISTINCT FROM known.inventory_id)

-- name: count_images
-- How many images there are.
SELECT count(*) FROM image

-- name: save
-- Keep what an audit found.
INSERT INTO audit (began_at, ended_at, revision_id, packages, images, counts, differences)
VALUES (%(began_at)s, %(ended_at)s, %(revision)s, %(packages)s, %(images)s, %(counts)s, %(differences)s)

-- name: forget_old
-- Audits are kept for a while, so that one can see since when something differs.
DELETE FROM audit WHERE id <= (SELECT id FROM audit ORDER BY id DESC OFFSET %(kept)s LIMIT 1)

-- name: last
-- The newest audit.
SELECT began_at, ended_at, revision_id, packages, images, counts, differences FROM audit ORDER BY id DESC LIMIT 1
