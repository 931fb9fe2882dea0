-- Advisories, vulnerabilities and exposures. Revisions are published by the hour; the first holds the initial load.
INSERT INTO revision (id, source, ecosystem, published_at, added, changed, ended)
SELECT number, 'osv', (ARRAY['Debian', 'PyPI', 'npm'])[1 + mod(number, 3)],
       %(began_at)s::timestamptz + (number - 1) * interval '1 hour', 0, 0, 0
FROM generate_series(1, 24 * %(days)s) AS number;

-- Each hits one source package of some releases, or one name of a language, in a span of versions; 2,000 hit both.
-- Four kinds in ten were there in the beginning. One in three has a second advisory, whose name is an alias.
CREATE TEMP TABLE made_vulnerability AS
SELECT number, number <= 4500 AS of_releases, number > 2500 AS of_languages,
       floor(180 * power(pg_temp.chance(number, 0, 20), 1.3))::int AS source,
       floor(30000 * power(pg_temp.chance(number, 0, 21), 2.5))::int AS name,
       pg_temp.chance(number, 0, 22) AS until, power(pg_temp.chance(number, 0, 23), 3) AS width,
       CASE WHEN pg_temp.chance(number, 0, 24) < 0.45 THEN 1
            ELSE 2 + floor((24 * %(days)s - 2) * pg_temp.chance(number, 0, 25))::int END AS from_rev,
       pg_temp.chance(number, 0, 26) < 0.35 AS has_second
FROM generate_series(1, 60000) AS number;
INSERT INTO vulnerability (id, name) OVERRIDING SYSTEM VALUE
SELECT number, 'CVE-' || 2019 + mod(number, 8) || '-' || 10000 + number FROM made_vulnerability ORDER BY number;
CREATE TEMP TABLE made_advisory AS
SELECT row_number() OVER (ORDER BY number, second) AS id, number AS vulnerability, from_rev,
       CASE WHEN second THEN 'GHSA-made-up-' || number WHEN of_releases THEN 'DEBIAN-CVE-' || number ELSE 'MADE-UP-' || number END AS name
FROM made_vulnerability CROSS JOIN LATERAL (SELECT false UNION ALL SELECT true WHERE has_second) AS each (second);
INSERT INTO advisory (id, source, name, modified_at, published_at, summary) OVERRIDING SYSTEM VALUE
SELECT made_advisory.id, 'osv', name, published_at, published_at, 'A made-up flaw'
FROM made_advisory JOIN revision ON revision.id = from_rev ORDER BY 1;
INSERT INTO advisory_vulnerability SELECT id, vulnerability FROM made_advisory;
INSERT INTO advisory_name SELECT id, name, false FROM made_advisory;
INSERT INTO advisory_name
SELECT made_advisory.id, vulnerability.name, true FROM made_advisory JOIN vulnerability ON vulnerability.id = vulnerability;
INSERT INTO vulnerability_name SELECT name, id FROM vulnerability;
INSERT INTO vulnerability_name SELECT name, vulnerability FROM made_advisory;
INSERT INTO feed (source, ecosystem, checked_at, changed_at, records)
SELECT 'osv', ecosystem, %(now)s, %(now)s, 20000 FROM unnest(ARRAY['Debian', 'PyPI', 'npm']) AS ecosystem;

-- Distributions and languages judge the same vulnerability each for themselves; one in twelve exposures is over.
CREATE TEMP TABLE made_exposure AS
SELECT made_package.id AS package, vulnerability.number AS vulnerability, false AS of_language, vulnerability.from_rev,
       floor(until * (1 + updates))::int AS fixed
FROM made_vulnerability AS vulnerability
JOIN made_source ON made_source.source = vulnerability.source AND pg_temp.chance(number, made_source.release, 27) < 0.25
JOIN made_package ON made_package.family = 'OS' AND made_package.release = made_source.release
                 AND made_package.name = made_source.source AND made_package.version <= until * (1 + updates)
                 AND made_package.version >= (until - width - 0.1) * (1 + updates)
WHERE of_releases
UNION ALL
SELECT made_package.id, vulnerability.number, true, vulnerability.from_rev, 1 + floor(until * (1 + rate))::int
FROM made_vulnerability AS vulnerability
CROSS JOIN LATERAL (SELECT 60 * power(pg_temp.chance(vulnerability.name, 0, 4), 3)) AS drawn (rate)
JOIN made_package ON made_package.family <> 'OS' AND made_package.name = vulnerability.name
                 AND made_package.version <= until * (1 + rate) AND made_package.version >= (until - width * 0.2) * (1 + rate)
WHERE of_languages;
INSERT INTO exposure (package_id, vulnerability_id, verdict, fix_state, fixed_version, severity, score_tenths, score_vector,
                      score_version, score_source, advisory, source, from_rev, from_at, to_rev, to_at, begin_reason, end_reason)
SELECT package, made.vulnerability, 'affected', CASE WHEN has_fix THEN 'fixed' ELSE 'not fixed' END,
       CASE WHEN has_fix THEN made_version.text ELSE '' END, severity,
       CASE severity WHEN 0 THEN NULL WHEN 1 THEN 0 WHEN 2 THEN 1 + floor(38 * score)::int WHEN 3 THEN 40 + floor(30 * score)::int
                     WHEN 4 THEN 70 + floor(20 * score)::int ELSE 90 + floor(11 * score)::int END,
       CASE severity WHEN 0 THEN '' ELSE 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' END,
       CASE severity WHEN 0 THEN '' ELSE '3.1' END, CASE severity WHEN 0 THEN '' ELSE 'osv' END,
       made_advisory.name, 'osv', made.from_rev, begun.published_at, coalesce(ended.id, 2147483647),
       coalesce(ended.published_at, '9999-12-31Z'), 'advisory added', CASE WHEN ended.id IS NULL THEN '' ELSE 'advisory withdrawn' END
FROM made_exposure AS made
JOIN made_package ON made_package.id = made.package
JOIN revision AS begun ON begun.id = made.from_rev
JOIN (SELECT DISTINCT ON (vulnerability) vulnerability, name FROM made_advisory ORDER BY vulnerability, id) AS made_advisory
     ON made_advisory.vulnerability = made.vulnerability
LEFT JOIN made_version ON made_version.family = made_package.family AND made_version.number = made.fixed
CROSS JOIN LATERAL (
    SELECT pg_temp.chance(made.vulnerability, made.of_language::int, 28) AS drawn,
           pg_temp.chance(made.vulnerability, made.of_language::int, 29) AS score,
           pg_temp.chance(made.vulnerability, made.of_language::int, 30) < 0.65 AND made_version.text IS NOT NULL AS has_fix,
           pg_temp.chance(made.vulnerability, made.of_language::int, 31) AS over) AS by_chance
CROSS JOIN LATERAL (SELECT CASE WHEN drawn < 0.05 THEN 0 WHEN drawn < 0.07 THEN 1 WHEN drawn < 0.19 THEN 2
                                WHEN drawn < 0.62 THEN 3 WHEN drawn < 0.92 THEN 4 ELSE 5 END) AS judged (severity)
LEFT JOIN revision AS ended
       ON over < 0.08 AND ended.id = made.from_rev + 1 + floor(over / 0.08 * (24 * %(days)s - made.from_rev))::int
ORDER BY package, made.vulnerability;
