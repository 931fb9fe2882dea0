-- name: judge
-- Packages that are not stored meet the open ranges of their name: the join of `match_packages`, without its traces.
WITH asked AS MATERIALIZED (
    SELECT ordinal, ecosystem, name, version, scheme, scheme_number, decode(key, 'base64') AS key, installed_name,
           installed_version, arch
    FROM jsonb_to_recordset(%(asked)s)
        AS asked (ordinal int, ecosystem text, name text, version text, scheme text, scheme_number int, key text,
                  installed_name text, installed_version text, arch text)
), met AS (
    SELECT asked.ordinal, affected_range.id
    FROM asked
    JOIN affected_range ON affected_range.ecosystem = asked.ecosystem AND affected_range.name = asked.name
    WHERE affected_range.to_rev = 2147483647
      AND affected_range.scheme = asked.scheme AND affected_range.scheme_number = asked.scheme_number
      AND affected_range.low <= asked.key AND asked.key < affected_range.high
    UNION
    SELECT asked.ordinal, affected_range.id
    FROM asked
    JOIN affected_range ON affected_range.ecosystem = asked.ecosystem AND affected_range.name = asked.name
    WHERE affected_range.to_rev = 2147483647
      AND affected_range.naming = ''
      AND affected_range.exact_version <> '' AND affected_range.exact_version = asked.version
    UNION
    SELECT asked.ordinal, named.id
    FROM asked
    JOIN affected_range AS named ON named.name = ANY(ARRAY[asked.installed_name, asked.name])
    WHERE named.naming <> '' AND named.to_rev = 2147483647
      AND names_package(named, asked.ecosystem, asked.installed_name, asked.installed_version, asked.arch, asked.name,
                        asked.version, asked.scheme, asked.scheme_number, asked.key))
SELECT met.ordinal, advisory_vulnerability.vulnerability_id, affected_range.id, affected_range.stated_verdict
FROM met
JOIN affected_range ON affected_range.id = met.id
JOIN advisory_vulnerability ON advisory_vulnerability.advisory_id = affected_range.advisory_id
ORDER BY met.ordinal, advisory_vulnerability.vulnerability_id, affected_range.id

-- name: find_not_compared
-- Open ranges of a name that cannot be compared with the package, unless the document meets it in another way: as
-- `find_undetermined`. `met` are the (ordinal, range) pairs that `judge` gave.
WITH asked AS MATERIALIZED (
    SELECT ordinal, ecosystem, name, scheme, scheme_number, decode(key, 'base64') AS key, not_comparable
    FROM jsonb_to_recordset(%(asked)s)
        AS asked (ordinal int, ecosystem text, name text, scheme text, scheme_number int, key text,
                  not_comparable text)
), met AS MATERIALIZED (
    SELECT DISTINCT pair.ordinal, affected_range.advisory_id
    FROM unnest(%(met_ordinals)s::int[], %(met_ranges)s::bigint[]) AS pair (ordinal, range_id)
    JOIN affected_range ON affected_range.id = pair.range_id)
SELECT asked.ordinal, reason.text, count(DISTINCT affected_range.advisory_id)
FROM asked
JOIN affected_range ON affected_range.ecosystem = asked.ecosystem AND affected_range.name = asked.name
                   AND affected_range.to_rev = 2147483647
CROSS JOIN LATERAL (
    SELECT CASE WHEN affected_range.exact_version <> '' OR affected_range.naming <> '' THEN NULL
                WHEN affected_range.not_comparable <> '' THEN 'range: ' || affected_range.not_comparable
                WHEN asked.key IS NULL THEN asked.not_comparable
                WHEN (affected_range.scheme, affected_range.scheme_number) <> (asked.scheme, asked.scheme_number)
                THEN 'range: written in another version scheme (' || affected_range.scheme || ')'
           END) AS reason (text)
WHERE reason.text IS NOT NULL
  AND NOT EXISTS (SELECT FROM met WHERE met.ordinal = asked.ordinal AND met.advisory_id = affected_range.advisory_id)
GROUP BY asked.ordinal, reason.text
ORDER BY asked.ordinal, reason.text

-- name: vulnerabilities
-- The leading name of vulnerabilities, and every name by which they are known.
SELECT vulnerability.id, vulnerability.name,
       (SELECT coalesce(array_agg(vulnerability_name.name ORDER BY vulnerability_name.name), '{}')
        FROM vulnerability_name WHERE vulnerability_name.vulnerability_id = vulnerability.id)
FROM vulnerability WHERE vulnerability.id = ANY(%(vulnerabilities)s::bigint[])

-- name: read_only
-- All statements of a judgement see one revision, and none can leave a trace.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY
