-- name: findings
-- The definition, grouped, for some pairs of image and vulnerability: one row per pair as of one moment, as far as it is
-- a finding then. Current are the spans that are open at that moment or, when none is, those that ended last; they say
-- what the finding is. All spans up to then say since when: interruptions of up to seven days are bridged. What is grouped
-- is materialised, as nobody can estimate it; from there each row leads to its image by keys. Tables that no filter and no
-- order asks about are left to the queries below: to plan a join takes longer the more there are in it.
WITH pair AS MATERIALIZED (
    SELECT * FROM unnest(%(images)s::bigint[], %(vulnerabilities)s::bigint[]) AS pair (image_id, vulnerability_id)
), span AS (
    SELECT finding_span.image_id, finding_span.vulnerability_id, finding_span.exposure_id, finding_span.from_at,
           CASE WHEN finding_span.to_at > %(at)s THEN '9999-12-31Z' ELSE finding_span.to_at END AS ended_at,
           finding_span.end_reason, finding_span.begin_reason, finding_span.inventory_id
    FROM pair
    JOIN finding_span ON finding_span.image_id = pair.image_id AND finding_span.vulnerability_id = pair.vulnerability_id
    WHERE finding_span.from_at <= %(at)s
), ranked AS (
    SELECT span.*, CASE WHEN ended_at = max(ended_at) OVER (PARTITION BY image_id, vulnerability_id) THEN exposure_id END
               AS current_id
    FROM span
), content AS MATERIALIZED (
    SELECT ranked.image_id, ranked.vulnerability_id, max(ranked.ended_at) AS last_end,
           range_agg(tstzrange(ranked.from_at, ranked.ended_at + interval '7 days')) AS spells,
           max(ranked.from_at) FILTER (WHERE current_id IS NOT NULL) AS begun_at,
           max(ranked.end_reason) FILTER (WHERE current_id IS NOT NULL) AS end_reason,
           max(ranked.inventory_id) FILTER (WHERE current_id IS NOT NULL) AS inventory_id,
           (array_agg(ranked.begin_reason ORDER BY exposure.severity DESC, exposure.score_tenths DESC NULLS LAST,
                                                   exposure.id, ranked.from_at) FILTER (WHERE current_id IS NOT NULL))[1]
               AS begin_reason,
           (array_agg(exposure ORDER BY exposure.severity DESC, exposure.score_tenths DESC NULLS LAST,
                                        exposure.id, ranked.from_at) FILTER (WHERE current_id IS NOT NULL))[1] AS worst,
           array_agg(DISTINCT current_id) FILTER (WHERE current_id IS NOT NULL) AS exposure_ids,
           CASE WHEN bool_and(exposure.fixed_version <> '') THEN 'YES'
                WHEN bool_or(exposure.fixed_version <> '') THEN 'PARTIAL' ELSE 'NO' END AS fix,
           array_agg(exposure.fix_state) FILTER (WHERE current_id IS NOT NULL) AS fix_states,
           array_agg(DISTINCT package.name) FILTER (WHERE current_id IS NOT NULL) AS package_names,
           array_agg(DISTINCT package.match_name) FILTER (WHERE current_id IS NOT NULL) AS match_names,
           array_agg(DISTINCT package.ecosystem) FILTER (WHERE current_id IS NOT NULL) AS ecosystems
    FROM ranked
    LEFT JOIN exposure ON exposure.id = ranked.current_id
    LEFT JOIN package ON package.id = exposure.package_id
    GROUP BY ranked.image_id, ranked.vulnerability_id
), finding AS (
    SELECT image.id, image.account_id, image.digest, image.os, image.architecture, image.author,
           repository.id AS repository_id, repository.name AS repository, registry.alias, registry.url, registry.region,
           clocks.pushed_at, clocks.in_use_at,
           content.vulnerability_id, content.inventory_id, vulnerability.name AS vulnerability,
           vulnerability.epss_ppm, (content.worst).severity,
           coalesce((content.worst).score_tenths, -1) AS score_tenths, (content.worst).score_vector,
           (content.worst).score_version, (content.worst).score_source, (content.worst).source,
           (content.worst).advisory, content.fix, content.fix_states, content.exposure_ids,
           content.package_names, content.match_names, content.ecosystems,
           vulnerability.name || ' - ' || array_to_string(content.package_names, ', ') AS title,
           CASE WHEN content.last_end > %(at)s THEN 'ACTIVE' ELSE 'CLOSED' END AS status,
           CASE WHEN content.last_end > %(at)s THEN '' ELSE content.end_reason END AS closed_reason, content.begin_reason,
           (SELECT max(lower(one)) FROM unnest(content.spells) AS one) AS first_observed_at,
           CASE WHEN content.last_end > %(at)s THEN content.begun_at ELSE content.last_end END AS updated_at
    FROM content
    JOIN image ON image.id = content.image_id
    JOIN repository ON repository.id = image.repository_id
    JOIN registry ON registry.id = repository.registry_id
    JOIN clocks ON clocks.image_id = image.id
    JOIN vulnerability ON vulnerability.id = content.vulnerability_id
    WHERE image.account_id = %(account)s
      AND (content.last_end > %(at)s
           OR content.last_end + CASE WHEN starts_with(content.end_reason, 'monitoring ended')
                                      THEN interval '3 days' ELSE interval '30 days' END > %(at)s)
)
SELECT * FROM finding
WHERE {filter}
ORDER BY {order}
LIMIT %(limit)s

-- name: exposures
-- The packages behind exposures.
SELECT exposure.id, package.id, package.ecosystem, package.name, package.version, package.arch, package.source_name,
       package.source_version, exposure.fixed_version, exposure.fix_state
FROM exposure JOIN package ON package.id = exposure.package_id
WHERE exposure.id = ANY(%(exposures)s::bigint[])
ORDER BY package.name, package.version, package.arch, package.id

-- name: documents
-- The current documents of advisories: as of the newest change that brought one.
SELECT advisory.source, advisory.name, advisory.published_at, advisory.modified_at, newest.document
FROM unnest(%(sources)s::text[], %(names)s::text[]) AS asked (source, name)
JOIN advisory ON advisory.source = asked.source AND advisory.name = asked.name
CROSS JOIN LATERAL (
    SELECT document FROM advisory_change
    WHERE advisory_change.advisory_id = advisory.id AND document IS NOT NULL
    ORDER BY revision_id DESC LIMIT 1) AS newest

-- name: aliases
-- Every name by which vulnerabilities are known.
SELECT vulnerability_id, array_agg(name ORDER BY name) FROM vulnerability_name
WHERE vulnerability_id = ANY(%(vulnerabilities)s::bigint[]) GROUP BY vulnerability_id

-- name: tags
-- Tags of images: their own and those they have through an index.
SELECT image.id, array_agg(DISTINCT tag.name ORDER BY tag.name)
FROM image
JOIN LATERAL (
    SELECT tag.name FROM tag WHERE tag.digest = image.digest AND tag.repository_id = image.repository_id
    UNION ALL
    SELECT tag.name FROM index_image
    JOIN image_index ON image_index.id = index_image.index_id
    JOIN tag ON tag.digest = image_index.digest AND tag.repository_id = image_index.repository_id
    WHERE index_image.image_id = image.id) AS tag ON true
WHERE image.id = ANY(%(images)s::bigint[])
GROUP BY image.id
