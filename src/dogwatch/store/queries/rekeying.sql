-- name: last_keying
-- By which schemes everything was keyed last.
SELECT schemes FROM version_keying

-- name: save_keying
-- Everything is keyed by these schemes now.
INSERT INTO version_keying (schemes, keyed_at) VALUES (%(schemes)s, %(now)s)
ON CONFLICT (only_one) DO UPDATE SET schemes = excluded.schemes, keyed_at = excluded.keyed_at

-- name: keys_of_packages
-- By what the packages of each ecosystem are keyed.
SELECT DISTINCT ecosystem, scheme, scheme_number FROM package ORDER BY 1, 2, 3

-- name: stale_packages
-- Some packages of these groups.
SELECT package.id, package.ecosystem, package.name, package.version, package.arch, package.source_name,
       package.source_version, package.module, package.vendor
FROM unnest(%(ecosystems)s::text[], %(schemes)s::text[], %(numbers)s::int[]) AS stale (ecosystem, scheme, number)
JOIN package ON package.ecosystem = stale.ecosystem AND package.scheme = stale.scheme
            AND package.scheme_number = stale.number
ORDER BY package.id LIMIT %(limit)s

-- name: save_keys
-- Packages with their keys made anew.
UPDATE package SET match_name = keyed.match_name, match_version = keyed.match_version, scheme = keyed.scheme,
       scheme_number = keyed.scheme_number, key = keyed.key, not_comparable = keyed.not_comparable
FROM unnest(%(ids)s::bigint[], %(match_names)s::text[], %(match_versions)s::text[], %(schemes)s::text[],
            %(scheme_numbers)s::int[], %(keys)s::bytea[], %(not_comparable)s::text[])
     AS keyed (id, match_name, match_version, scheme, scheme_number, key, not_comparable)
WHERE package.id = keyed.id

-- name: keys_of_ranges
-- By what the open ranges of each ecosystem are keyed, feed by feed.
SELECT DISTINCT affected_range.ecosystem, affected_range.scheme, affected_range.scheme_number, advisory.source,
       affected_range.feed
FROM affected_range JOIN advisory ON advisory.id = affected_range.advisory_id
WHERE affected_range.to_rev = 2147483647
ORDER BY 1, 2, 3, 4, 5

-- name: stale_documents
-- The newest documents of a feed with open ranges of these groups, as the feed lists them.
SELECT advisory.id, advisory.name, feed_record.modified_at, newest.document
FROM advisory
JOIN feed_record ON feed_record.source = advisory.source AND feed_record.ecosystem = %(feed)s
                AND feed_record.name = advisory.name
CROSS JOIN LATERAL (
    SELECT document FROM advisory_change
    WHERE advisory_change.advisory_id = advisory.id AND document IS NOT NULL
    ORDER BY revision_id DESC LIMIT 1) AS newest
WHERE advisory.source = %(source)s AND advisory.id > %(after)s
  AND EXISTS (SELECT FROM affected_range
              JOIN unnest(%(ecosystems)s::text[], %(schemes)s::text[], %(numbers)s::int[])
                   AS stale (ecosystem, scheme, number)
                   ON stale.ecosystem = affected_range.ecosystem AND stale.scheme = affected_range.scheme
                  AND stale.number = affected_range.scheme_number
              WHERE affected_range.advisory_id = advisory.id AND affected_range.feed = %(feed)s
                AND affected_range.to_rev = 2147483647)
ORDER BY advisory.id LIMIT %(limit)s

-- name: doubt_records
-- What is keyed anew is published, whatever was noted of it: what is stored is known to be out of date.
UPDATE feed_record SET content = NULL
WHERE source = %(source)s AND ecosystem = %(ecosystem)s AND content IS NOT NULL
