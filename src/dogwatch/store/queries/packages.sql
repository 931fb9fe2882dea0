-- name: known_packages
-- Ids of the packages with these digests.
SELECT digest, id FROM package WHERE digest = ANY(%(digests)b)

-- name: insert_packages
-- New packages, in their order; returns those that no other transaction brought first. Digests and keys are base64.
INSERT INTO package (digest, ecosystem, name, version, arch, source_name, source_version, module, vendor,
                     match_name, match_version,
                     scheme, scheme_number, key, not_comparable, recorded_at)
SELECT decode(digest, 'base64'), ecosystem, name, version, arch, source_name, source_version, module, vendor,
       match_name, match_version, scheme, scheme_number, decode(key, 'base64'), not_comparable, %(now)s
FROM jsonb_to_recordset(%(packages)s)
    AS incoming (digest text, ecosystem text, name text, version text, arch text, source_name text, source_version text,
                 module text, vendor text, match_name text, match_version text, scheme text, scheme_number int, key text,
                 not_comparable text)
ON CONFLICT (digest) DO NOTHING
RETURNING digest, id

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
