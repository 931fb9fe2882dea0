-- name: known_packages
-- Ids of the packages with these digests.
SELECT digest, id FROM package WHERE digest = ANY(%(digests)s::bytea[])

-- name: insert_packages
-- New packages, one row per element of the arrays; another transaction may have been first.
INSERT INTO package (digest, ecosystem, name, version, arch, source_name, source_version, module, vendor,
                     match_name, match_version,
                     scheme, scheme_number, key, not_comparable, recorded_at)
SELECT incoming.*, %(now)s
FROM unnest(%(digests)s::bytea[], %(ecosystems)s::text[], %(names)s::text[], %(versions)s::text[], %(arches)s::text[],
            %(source_names)s::text[], %(source_versions)s::text[], %(modules)s::text[], %(vendors)s::text[],
            %(match_names)s::text[], %(match_versions)s::text[],
            %(schemes)s::text[], %(scheme_numbers)s::int[], %(keys)s::bytea[], %(not_comparable)s::text[]) AS incoming
ON CONFLICT (digest) DO NOTHING

-- name: note_found
-- Ecosystems of which packages were found; the rows of one statement come in order, so nobody waits in a circle.
INSERT INTO found_ecosystem (ecosystem, found_at)
SELECT ecosystem, %(now)s FROM unnest(%(ecosystems)s::text[]) AS incoming (ecosystem)
WHERE ecosystem NOT IN (SELECT ecosystem FROM found_ecosystem)
  AND (SELECT count(*) FROM found_ecosystem) < %(most)s
ORDER BY ecosystem
ON CONFLICT DO NOTHING

-- name: found
-- Ecosystems of which packages were found.
SELECT ecosystem FROM found_ecosystem ORDER BY ecosystem

-- name: insert_set
-- A package set, unless it is known.
INSERT INTO package_set (digest, source) VALUES (%(digest)s, %(source)s)
ON CONFLICT (digest) DO NOTHING RETURNING id

-- name: known_set
-- The id of a known package set.
SELECT id FROM package_set WHERE digest = %(digest)s

-- name: insert_set_packages
-- The members of a new package set.
INSERT INTO set_package (set_id, package_id) SELECT %(set)s, unnest(%(packages)s::bigint[])

-- name: insert_set_families
-- The families of ecosystems that a new package set has packages of.
INSERT INTO set_family (set_id, family) SELECT %(set)s, unnest(%(families)s::text[])
