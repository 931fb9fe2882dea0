-- Packages and package sets. A number in [0, 1) that belongs to two others and to what it is drawn for:
CREATE FUNCTION pg_temp.chance(one bigint, other bigint, purpose int) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (hashint8extended(one * 1000003 + other, %(seed)s * 1000 + purpose) & 4503599627370495) / 4503599627370496.0
$$;

-- Ten releases of distributions, each with 180 source packages of one to six binaries. Low numbers are in every base.
CREATE TEMP TABLE made_release AS
SELECT number, ecosystem, distribution, release
FROM (VALUES (0, 'Debian:12', 'debian', '12'), (1, 'Debian:13', 'debian', '13'), (2, 'Ubuntu:22.04:LTS', 'ubuntu', '22.04'),
             (3, 'Ubuntu:24.04:LTS', 'ubuntu', '24.04'), (4, 'Debian:11', 'debian', '11'),
             (5, 'Ubuntu:20.04:LTS', 'ubuntu', '20.04'), (6, 'Debian:10', 'debian', '10'),
             (7, 'Ubuntu:18.04:LTS', 'ubuntu', '18.04'), (8, 'Debian:14', 'debian', '14'),
             (9, 'Ubuntu:25.10', 'ubuntu', '25.10')) AS known (number, ecosystem, distribution, release);
CREATE TEMP TABLE made_source AS
SELECT release.number AS release, source, 1 + floor(6 * power(pg_temp.chance(release.number, source, 1), 3))::int AS binaries,
       8 * power(pg_temp.chance(release.number, source, 2), 3) AS updates
FROM made_release AS release, generate_series(0, 179) AS source;

-- Four families of bases per release (slim, runtime, full, build), each with 20 snapshots in time: what a set holds.
CREATE TEMP TABLE made_member (set_id bigint, family text, release int, name int, part int, version int);
INSERT INTO made_member
SELECT 1 + (release * 4 + kind.number) * 20 + snapshot, 'OS', release, source, part,
       floor(updates * snapshot / 20 + pg_temp.chance(release, source, 3))::int
FROM made_source
CROSS JOIN (VALUES (0, 40), (1, 70), (2, 110), (3, 180)) AS kind (number, sources)
CROSS JOIN generate_series(0, 19) AS snapshot
CROSS JOIN LATERAL generate_series(0, binaries - 1) AS part
WHERE source < kind.sources;

-- Names of languages: PyPI has the first 12,000, npm the other 18,000; low numbers are popular and change often.
-- 100 tool sets of npm packages in five versions, which images carry beside their own packages.
INSERT INTO made_member
SELECT DISTINCT 801 + tool * 5 + version, 'npm', 0, name, 0, floor((1 + 60 * power(pg_temp.chance(name, 0, 4), 3)) * version / 5)::int
FROM generate_series(0, 99) AS tool
CROSS JOIN LATERAL generate_series(0, 9 + floor(30 * pg_temp.chance(tool, 0, 5))::int) AS pick
CROSS JOIN LATERAL (SELECT 12000 + floor(18000 * power(pg_temp.chance(tool, pick, 6), 3))::int) AS chosen (name)
CROSS JOIN generate_series(0, 4) AS version;

-- Applications: which language, how many packages, how many lock files over the years; which base and tool they use.
CREATE TEMP TABLE made_application AS
SELECT number, CASE WHEN pg_temp.chance(number, 0, 7) < 0.4 THEN 'PyPI' ELSE 'npm' END AS family,
       15 + floor(285 * power(pg_temp.chance(number, 0, 8), 2.2))::int AS packages,
       1 + floor(12 * pg_temp.chance(number, 0, 9))::int AS locks,
       floor(10 * power(pg_temp.chance(number, 0, 10), 1.5))::int AS release,
       CASE WHEN kind < 0.5 THEN 0 WHEN kind < 0.8 THEN 1 WHEN kind < 0.95 THEN 2 ELSE 3 END AS base,
       1 + floor(10 * pg_temp.chance(number, 0, 12))::int AS rebases,
       CASE WHEN pg_temp.chance(number, 0, 13) < 0.3 THEN floor(100 * power(pg_temp.chance(number, 0, 14), 2))::int END AS tool
FROM generate_series(0, %(applications)s - 1) AS number
CROSS JOIN LATERAL (SELECT pg_temp.chance(number, 0, 11)) AS drawn (kind);
ALTER TABLE made_application ADD PRIMARY KEY (number);
ALTER TABLE made_application ADD COLUMN first_set bigint;
UPDATE made_application SET first_set = 1301 + placed.before
FROM (SELECT number, sum(locks) OVER (ORDER BY number) - locks AS before FROM made_application) AS placed
WHERE placed.number = made_application.number;
-- A lock file takes a package's newest version only when the application gets round to it.
INSERT INTO made_member
SELECT DISTINCT first_set + lock, family, 0, name, 0,
       floor((1 + 60 * power(pg_temp.chance(name, 0, 4), 3))
             * floor((lock + 0.5) / locks * pace + pg_temp.chance(number, name, 18)) / pace)::int
FROM made_application
CROSS JOIN LATERAL generate_series(0, packages - 1) AS pick
CROSS JOIN LATERAL (SELECT CASE family WHEN 'PyPI' THEN floor(12000 * drawn)::int ELSE 12000 + floor(18000 * drawn)::int END,
                           1 + floor(12 * pg_temp.chance(number, pick, 17))::int
                    FROM (SELECT power(pg_temp.chance(number, pick, 16), 3) AS drawn) AS popular) AS chosen (name, pace)
CROSS JOIN LATERAL generate_series(0, locks - 1) AS lock;
ANALYZE made_member;

CREATE TEMP TABLE made_package AS
SELECT row_number() OVER (ORDER BY family, release, name, part, version) AS id, family, release, name, part, version
FROM (SELECT DISTINCT family, release, name, part, version FROM made_member) AS distinct_ones;
ANALYZE made_package;

-- Each with the keys of its versions, computed outside.
INSERT INTO package (id, ecosystem, name, version, arch, source_name, source_version, match_name, match_version, scheme,
                     scheme_number, key, not_comparable, recorded_at, digest)
OVERRIDING SYSTEM VALUE
SELECT id, ecosystem, own_name, text, arch, source_name, source_version, match_name, text, scheme, scheme_number, key, '',
       %(began_at)s, sha256(convert_to(ecosystem, 'UTF8') || '\x00'::bytea || convert_to(own_name, 'UTF8') || '\x00'::bytea
                            || convert_to(text, 'UTF8') || '\x00'::bytea || convert_to(arch, 'UTF8') || '\x00'::bytea
                            || convert_to(source_name, 'UTF8') || '\x00'::bytea || convert_to(source_version, 'UTF8'))
FROM (SELECT made_package.id, made_version.*,
             CASE made_package.family WHEN 'OS' THEN made_release.ecosystem ELSE made_package.family END AS ecosystem,
             CASE made_package.family WHEN 'OS' THEN 'lib' || name || CASE WHEN part > 0 THEN '-part' || part ELSE '' END
                                      ELSE 'made-up-' || name END AS own_name,
             CASE made_package.family WHEN 'OS' THEN 'lib' || name ELSE 'made-up-' || name END AS match_name,
             CASE made_package.family WHEN 'OS' THEN 'amd64' ELSE '' END AS arch,
             CASE made_package.family WHEN 'OS' THEN 'lib' || name ELSE '' END AS source_name,
             CASE made_package.family WHEN 'OS' THEN text ELSE '' END AS source_version
      FROM made_package
      JOIN made_release ON made_release.number = made_package.release
      JOIN made_version ON made_version.number = made_package.version AND made_version.family = made_package.family) AS named
ORDER BY id;
INSERT INTO undetermined (package_id, reason, advisories)
SELECT id, 'version is not one of its ecosystem', 1 FROM made_package WHERE pg_temp.chance(id, 0, 19) < 0.003;

INSERT INTO package_set (id, digest, source)
OVERRIDING SYSTEM VALUE
SELECT set_id, sha256(int8send(set_id)), CASE max(family) WHEN 'OS' THEN 'dpkg' ELSE lower(max(family)) END
FROM made_member GROUP BY set_id ORDER BY set_id;
INSERT INTO set_package (set_id, package_id)
SELECT set_id, made_package.id FROM made_member JOIN made_package USING (family, release, name, part, version)
ORDER BY 1, 2;
INSERT INTO set_family (set_id, family)
SELECT set_id, CASE max(family) WHEN 'OS' THEN max(made_release.distribution) ELSE max(family) END
FROM made_member JOIN made_release ON made_release.number = made_member.release GROUP BY set_id ORDER BY set_id;
UPDATE set_family SET family = initcap(family) WHERE family IN ('debian', 'ubuntu');
DROP TABLE made_member;
