-- name: match_packages
-- Packages meet every open range of their name; returns what they met and did not before, by vulnerability. Each name is
-- looked up once.
WITH begun AS (
    INSERT INTO match (package_id, range_id, verdict, from_rev)
    SELECT package.id, affected_range.id, affected_range.stated_verdict, affected_range.from_rev
    FROM package
    JOIN affected_range ON affected_range.ecosystem = package.ecosystem AND affected_range.name = package.match_name
    WHERE package.id = ANY(%(packages)s::bigint[])
      AND affected_range.to_rev = 2147483647
      AND (affected_range.scheme = package.scheme AND affected_range.scheme_number = package.scheme_number
           AND affected_range.low <= package.key AND package.key < affected_range.high AND affected_range.naming <> 'own'
        OR affected_range.naming IN ('', 'either', 'own')
           AND affected_range.exact_version <> '' AND affected_range.exact_version = package.match_version)
    UNION
    SELECT package.id, named.id, named.stated_verdict, named.from_rev
    FROM package
    JOIN affected_range AS named ON named.name = ANY(ARRAY[package.name, package.match_name])
    WHERE package.id = ANY(%(packages)s::bigint[])
      AND named.naming <> '' AND named.to_rev = 2147483647
      AND names_package(named, package.ecosystem, package.name, package.version, package.arch, package.match_name,
                        package.match_version, package.scheme, package.scheme_number, package.key)
    ON CONFLICT DO NOTHING
    RETURNING package_id, range_id, verdict)
SELECT begun.package_id, link.vulnerability_id, begun.range_id, begun.verdict
FROM begun
JOIN affected_range ON affected_range.id = begun.range_id
JOIN advisory_vulnerability AS link ON link.advisory_id = affected_range.advisory_id
ORDER BY begun.package_id, link.vulnerability_id, begun.range_id

-- name: match_ranges
-- New ranges (temporary table new_range) meet every stored package of their name: the same join, from the other side.
INSERT INTO match (package_id, range_id, verdict, from_rev)
SELECT package.id, affected_range.id, affected_range.stated_verdict, affected_range.from_rev
FROM new_range
JOIN affected_range ON affected_range.id = new_range.id
JOIN package ON package.ecosystem = affected_range.ecosystem AND package.match_name = affected_range.name
            AND package.key >= affected_range.low AND package.key < affected_range.high
WHERE affected_range.scheme = package.scheme AND affected_range.scheme_number = package.scheme_number
  AND affected_range.naming <> 'own'
UNION
SELECT package.id, affected_range.id, affected_range.stated_verdict, affected_range.from_rev
FROM new_range
JOIN affected_range ON affected_range.id = new_range.id
JOIN package ON package.ecosystem = affected_range.ecosystem AND package.match_name = affected_range.name
            AND package.match_version = affected_range.exact_version
WHERE affected_range.exact_version <> '' AND affected_range.naming IN ('', 'either', 'own')
UNION
SELECT package.id, (begun.named).id, (begun.named).stated_verdict, (begun.named).from_rev
FROM (SELECT affected_range AS named
      FROM new_range JOIN affected_range ON affected_range.id = new_range.id AND affected_range.naming <> ''
      OFFSET 0) AS begun  -- each is looked up once; nobody can estimate how many there are
CROSS JOIN LATERAL (
    SELECT * FROM package WHERE package.name = (begun.named).name
    UNION ALL
    SELECT * FROM package WHERE package.match_name = (begun.named).name AND package.name <> (begun.named).name
) AS package
WHERE names_package(begun.named, package.ecosystem, package.name, package.version, package.arch, package.match_name,
                    package.match_version, package.scheme, package.scheme_number, package.key)
ON CONFLICT DO NOTHING

-- name: end_matches
-- The matches of ranges that ended (temporary table ended_range) end with them.
UPDATE match SET to_rev = %(revision)s
FROM ended_range WHERE match.range_id = ended_range.id AND match.to_rev = 2147483647

-- name: load_matches
-- All open matches behind the given (package, vulnerability) pairs. From the pair to the match, by keys alone: a package
-- like a kernel has thousands of both, and a join by package would multiply them.
SELECT match.package_id, link.vulnerability_id, affected_range.id, match.verdict
FROM unnest(%(pair_packages)s::bigint[], %(pair_vulnerabilities)s::bigint[]) AS asked (package_id, vulnerability_id)
JOIN advisory_vulnerability AS link ON link.vulnerability_id = asked.vulnerability_id
JOIN affected_range ON affected_range.advisory_id = link.advisory_id AND affected_range.to_rev = 2147483647
JOIN match ON match.package_id = asked.package_id AND match.range_id = affected_range.id AND match.to_rev = 2147483647
ORDER BY match.package_id, link.vulnerability_id, affected_range.id

-- name: load_ranges
-- What ranges say to those whom they hold, as resolve needs it.
SELECT affected_range.id, advisory.name, advisory.source, affected_range.ecosystem, affected_range.fix_state,
       affected_range.fixed, affected_range.fixed_key, affected_range.severity::text, advisory.modified_at
FROM affected_range JOIN advisory ON advisory.id = affected_range.advisory_id
WHERE affected_range.id = ANY(%(ranges)s::bigint[])

-- name: load_open_exposures
-- What the given pairs' exposures say now.
SELECT id, package_id, vulnerability_id, verdict, fix_state, fixed_version, severity,
       score_tenths, score_vector, score_version, score_source, advisory, source
FROM exposure
WHERE to_at = '9999-12-31Z' AND package_id = ANY(%(packages)s::bigint[])
  AND (package_id, vulnerability_id) IN
      (SELECT * FROM unnest(%(pair_packages)s::bigint[], %(pair_vulnerabilities)s::bigint[]))

-- name: end_exposures
-- Exposures that end at this revision, each with its reason.
UPDATE exposure SET to_rev = %(revision)s, to_at = %(now)s, end_reason = ending.reason
FROM unnest(%(ids)s::bigint[], %(reasons)s::text[]) AS ending (id, reason)
WHERE exposure.id = ending.id

-- name: redirect_exposures
-- Another document decides now, or another gives the same score, with the same outcome: no new interval.
UPDATE exposure
SET advisory = deciding.advisory, source = deciding.source, score_source = deciding.score_source
FROM unnest(%(ids)s::bigint[], %(advisories)s::text[], %(sources)s::text[], %(score_sources)s::text[])
     AS deciding (id, advisory, source, score_source)
WHERE exposure.id = deciding.id

-- name: begin_exposures
-- Exposures that begin; a transaction that brought the same package may have been first. Outcomes come once each, as
-- thousands of versions may share one: `places` are theirs, from 1.
INSERT INTO exposure (package_id, vulnerability_id, verdict, fix_state, fixed_version, severity, score_tenths,
                      score_vector, score_version, score_source, advisory, source, from_rev, from_at, begin_reason)
SELECT beginning.package_id, beginning.vulnerability_id, outcome.verdict, outcome.fix_state, outcome.fixed_version,
       outcome.severity, outcome.score_tenths, outcome.score_vector, outcome.score_version, outcome.score_source,
       outcome.advisory, outcome.source, %(revision)s, %(now)s, outcome.reason
FROM unnest(%(packages)s::bigint[], %(vulnerabilities)s::bigint[], %(places)s::bigint[])
     AS beginning (package_id, vulnerability_id, place)
JOIN ROWS FROM (jsonb_to_recordset(%(outcomes)s) AS (
         verdict text, fix_state text, fixed_version text, severity smallint, score_tenths smallint, score_vector text,
         score_version text, score_source text, advisory text, source text, reason text)) WITH ORDINALITY
     AS outcome (verdict, fix_state, fixed_version, severity, score_tenths, score_vector, score_version, score_source,
                 advisory, source, reason, place) USING (place)
ON CONFLICT (package_id, vulnerability_id) WHERE to_at = '9999-12-31Z' DO NOTHING

-- name: newest_revision
-- The number of the newest revision; 0 before the first.
SELECT coalesce(max(id), 0) FROM revision

-- name: forget_undetermined
-- Before the undetermined rows of these packages are made anew.
DELETE FROM undetermined WHERE package_id = ANY(%(packages)s::bigint[])

-- name: find_undetermined
-- Open ranges of a package's name that cannot be compared with it, unless the document matches it in another way.
INSERT INTO undetermined (package_id, reason, advisories)
SELECT package.id, reason.text, count(DISTINCT affected_range.advisory_id)
FROM package
JOIN affected_range ON affected_range.ecosystem = package.ecosystem AND affected_range.name = package.match_name
                   AND affected_range.to_rev = 2147483647
CROSS JOIN LATERAL (
    SELECT CASE WHEN affected_range.exact_version <> '' OR affected_range.naming IN ('source', 'installed') THEN NULL
                WHEN affected_range.not_comparable <> '' THEN 'range: ' || affected_range.not_comparable
                WHEN package.key IS NULL THEN package.not_comparable
                WHEN (affected_range.scheme, affected_range.scheme_number) <> (package.scheme, package.scheme_number)
                THEN 'range: written in another version scheme (' || affected_range.scheme || ')'
           END) AS reason (text)
WHERE package.id = ANY(%(packages)s::bigint[])
  AND reason.text IS NOT NULL
  AND NOT EXISTS (SELECT FROM match JOIN affected_range AS other ON other.id = match.range_id
                  WHERE match.package_id = package.id AND match.to_rev = 2147483647
                    AND other.advisory_id = affected_range.advisory_id)
GROUP BY package.id, reason.text

-- name: packages_of_incomparable_ranges
-- Packages whose undetermined rows may change because of ranges that began or ended in this publication.
SELECT DISTINCT package.id
FROM (SELECT id FROM new_range UNION ALL SELECT id FROM ended_range) AS touched
JOIN affected_range ON affected_range.id = touched.id
JOIN package ON package.ecosystem = affected_range.ecosystem AND package.match_name = affected_range.name
WHERE package.key IS NULL OR affected_range.not_comparable <> '' OR affected_range.scheme <> package.scheme
   OR EXISTS (SELECT FROM undetermined WHERE undetermined.package_id = package.id)
   OR EXISTS (SELECT FROM affected_range AS beside
              WHERE beside.advisory_id = affected_range.advisory_id AND beside.to_rev = 2147483647
                AND (beside.not_comparable <> '' OR beside.scheme <> package.scheme))
