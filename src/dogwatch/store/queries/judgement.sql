-- name: named
-- Which packages have a name that open ranges have as well: of most packages of an image nothing is known.
SELECT ordinal
FROM jsonb_to_recordset(%(asked)s) AS asked (ordinal int, ecosystem text, name text, installed_name text)
WHERE EXISTS (SELECT FROM affected_range
              WHERE affected_range.ecosystem = asked.ecosystem AND affected_range.name = asked.name
                AND affected_range.to_rev = 2147483647)
   OR EXISTS (SELECT FROM affected_range
              WHERE affected_range.name IN (asked.name, asked.installed_name) AND affected_range.naming <> ''
                AND affected_range.to_rev = 2147483647)
ORDER BY ordinal

-- name: judge
-- Packages that are not stored meet the open ranges of their name: the join of `match_packages`, without its traces. Then,
-- with a reason, how many documents name a package and cannot be compared with it in any way: as `find_undetermined`.
-- Each name is looked up once.
WITH asked AS MATERIALIZED (
    SELECT ordinal, ecosystem, name, version, scheme, scheme_number, decode(key, 'base64') AS key, not_comparable,
           installed_name, installed_version, arch
    FROM jsonb_to_recordset(%(asked)s)
        AS asked (ordinal int, ecosystem text, name text, version text, scheme text, scheme_number int, key text,
                  not_comparable text, installed_name text, installed_version text, arch text)
), stated AS MATERIALIZED (
    SELECT asked.ordinal, affected_range.id, affected_range.advisory_id, affected_range.stated_verdict AS verdict,
           decided.is_met, reason.text AS reason
    FROM asked
    JOIN affected_range ON affected_range.ecosystem = asked.ecosystem AND affected_range.name = asked.name
                       AND affected_range.to_rev = 2147483647
    CROSS JOIN LATERAL (
        SELECT affected_range.scheme = asked.scheme AND affected_range.scheme_number = asked.scheme_number
               AND affected_range.low <= asked.key AND asked.key < affected_range.high AND affected_range.naming <> 'own'
            OR affected_range.naming IN ('', 'either', 'own')
               AND affected_range.exact_version <> '' AND affected_range.exact_version = asked.version
    ) AS decided (is_met)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN decided.is_met OR affected_range.exact_version <> ''
                         OR affected_range.naming IN ('source', 'installed') THEN NULL
                    WHEN affected_range.not_comparable <> '' THEN 'range: ' || affected_range.not_comparable
                    WHEN asked.key IS NULL THEN asked.not_comparable
                    WHEN (affected_range.scheme, affected_range.scheme_number) <> (asked.scheme, asked.scheme_number)
                    THEN 'range: written in another version scheme (' || affected_range.scheme || ')'
               END) AS reason (text)
    WHERE decided.is_met OR reason.text IS NOT NULL
), met AS MATERIALIZED (
    SELECT ordinal, id, advisory_id, verdict FROM stated WHERE is_met
    UNION
    SELECT asked.ordinal, named.id, named.advisory_id, named.stated_verdict
    FROM asked
    JOIN affected_range AS named ON named.name = ANY(ARRAY[asked.installed_name, asked.name])
    WHERE named.naming <> '' AND named.to_rev = 2147483647
      AND names_package(named, asked.ecosystem, asked.installed_name, asked.installed_version, asked.arch, asked.name,
                        asked.version, asked.scheme, asked.scheme_number, asked.key))
SELECT met.ordinal, link.vulnerability_id, met.id, met.verdict, NULL AS reason, NULL AS documents
FROM met JOIN advisory_vulnerability AS link ON link.advisory_id = met.advisory_id
UNION ALL
SELECT stated.ordinal, NULL, NULL, NULL, stated.reason, count(DISTINCT stated.advisory_id)
FROM stated
WHERE stated.reason IS NOT NULL
  AND NOT EXISTS (SELECT FROM met WHERE met.ordinal = stated.ordinal AND met.advisory_id = stated.advisory_id)
GROUP BY stated.ordinal, stated.reason
ORDER BY ordinal, vulnerability_id, id, reason

-- name: vulnerabilities
-- The leading name of vulnerabilities, and every name by which they are known.
SELECT vulnerability.id, vulnerability.name,
       (SELECT coalesce(array_agg(vulnerability_name.name ORDER BY vulnerability_name.name), '{}')
        FROM vulnerability_name WHERE vulnerability_name.vulnerability_id = vulnerability.id)
FROM vulnerability WHERE vulnerability.id = ANY(%(vulnerabilities)s::bigint[])
