-- name: names_of_incoming
-- Every name, CVE ids apart, that the touched documents (temporary tables incoming_advisory and removed_record) bear, now
-- and before.
SELECT unnest(others) FROM incoming_advisory
UNION
SELECT advisory_name.name FROM (SELECT name FROM incoming_advisory UNION SELECT name FROM removed_record) AS touched
JOIN advisory ON advisory.source = %(source)s AND advisory.name = touched.name
JOIN advisory_name ON advisory_name.advisory_id = advisory.id AND NOT advisory_name.is_cve

-- name: incoming_ids
-- Ids of the touched documents.
SELECT advisory.id FROM incoming_advisory
JOIN advisory ON advisory.source = %(source)s AND advisory.name = incoming_advisory.name

-- name: forget_names
-- Names that the touched documents no longer bear.
DELETE FROM advisory_name USING advisory, incoming_advisory
WHERE advisory_name.advisory_id = advisory.id AND advisory.source = %(source)s
  AND advisory.name = incoming_advisory.name
  AND NOT advisory_name.name = ANY(incoming_advisory.cves || incoming_advisory.others)

-- name: add_advisory_names
-- Names that the touched documents bear now.
INSERT INTO advisory_name (advisory_id, name, is_cve)
SELECT advisory.id, named.name, named.is_cve
FROM incoming_advisory JOIN advisory ON advisory.source = %(source)s AND advisory.name = incoming_advisory.name
CROSS JOIN LATERAL (SELECT unnest(incoming_advisory.cves) AS name, true AS is_cve
                    UNION ALL SELECT unnest(incoming_advisory.others), false) AS named
ON CONFLICT (advisory_id, name) DO UPDATE SET is_cve = excluded.is_cve

-- name: advisories_by_name
-- Documents that bear any of these names (CVE ids apart), with all names they bear; what no feed lists any more connects
-- nothing.
SELECT advisory.id, advisory.name,
       coalesce(array_agg(every.name ORDER BY every.name) FILTER (WHERE every.is_cve), '{}'),
       coalesce(array_agg(every.name ORDER BY every.name) FILTER (WHERE NOT every.is_cve), '{}')
FROM advisory JOIN advisory_name AS every ON every.advisory_id = advisory.id
WHERE advisory.id IN (SELECT advisory_id FROM advisory_name WHERE name = ANY(%(names)s::text[]) AND NOT is_cve
                      UNION SELECT unnest(%(advisories)s::bigint[]))
  AND advisory.removed_at IS NULL
GROUP BY advisory.id

-- name: vulnerabilities_by_name
-- Vulnerabilities that are not redirected, by any of these names.
SELECT vulnerability_name.name, vulnerability.id, vulnerability.name
FROM vulnerability_name JOIN vulnerability ON vulnerability.id = vulnerability_name.vulnerability_id
WHERE vulnerability_name.name = ANY(%(names)s::text[]) AND vulnerability.redirected_to IS NULL
ORDER BY vulnerability.id

-- name: insert_vulnerabilities
-- New vulnerabilities; ids are never used again.
INSERT INTO vulnerability (name, epss_ppm)
SELECT named.name, coalesce(likely.score_ppm, -1)
FROM unnest(%(names)s::text[]) AS named (name) LEFT JOIN cve_probability AS likely ON likely.cve = named.name
RETURNING id, name

-- name: rename_vulnerabilities
-- Leading names that became known later.
UPDATE vulnerability SET name = renamed.name, epss_ppm = coalesce(likely.score_ppm, -1)
FROM unnest(%(ids)s::bigint[], %(names)s::text[]) AS renamed (id, name)
LEFT JOIN cve_probability AS likely ON likely.cve = renamed.name
WHERE vulnerability.id = renamed.id

-- name: touch_renamed
-- The (package, vulnerability) pairs of vulnerabilities that got another name: by a CVE id, facts come to them.
INSERT INTO touched_pair (package_id, vulnerability_id)
SELECT package_id, vulnerability_id FROM exposure
WHERE vulnerability_id = ANY(%(ids)s::bigint[]) AND to_at = '9999-12-31Z'
ON CONFLICT DO NOTHING

-- name: redirect_vulnerabilities
-- Merged vulnerabilities leave a redirect; what was redirected to them points on.
UPDATE vulnerability SET redirected_to = merged.target
FROM unnest(%(ids)s::bigint[], %(targets)s::bigint[]) AS merged (id, target)
WHERE vulnerability.id = merged.id OR vulnerability.redirected_to = merged.id

-- name: forget_vulnerability_names
-- Names that led to vulnerabilities and no longer do: every document that bears one of these names was looked at. The
-- names of one that is not listed any more stay where no other took their place, so that it comes back with its id.
DELETE FROM vulnerability_name
WHERE name = ANY(%(seen)s::text[])
  AND (name, vulnerability_id) NOT IN (SELECT * FROM unnest(%(names)s::text[], %(ids)s::bigint[]))
  AND (name = ANY(%(names)s::text[]) OR vulnerability_id = ANY(%(ids)s::bigint[])
       OR NOT EXISTS (SELECT FROM advisory_name JOIN advisory ON advisory.id = advisory_name.advisory_id
                      WHERE advisory_name.name = vulnerability_name.name AND advisory.removed_at IS NOT NULL))

-- name: add_names
-- Names by which vulnerabilities are known.
INSERT INTO vulnerability_name (name, vulnerability_id)
SELECT * FROM unnest(%(names)s::text[], %(ids)s::bigint[])
ON CONFLICT DO NOTHING

-- name: links
-- Which vulnerabilities these documents concern now, and which documents concern these vulnerabilities.
SELECT advisory_id, vulnerability_id FROM advisory_vulnerability
WHERE advisory_id = ANY(%(advisories)s::bigint[]) OR vulnerability_id = ANY(%(vulnerabilities)s::bigint[])

-- name: remove_links
-- Links that are no longer true.
DELETE FROM advisory_vulnerability
USING unnest(%(advisories)s::bigint[], %(vulnerabilities)s::bigint[]) AS old (advisory_id, vulnerability_id)
WHERE advisory_vulnerability.advisory_id = old.advisory_id
  AND advisory_vulnerability.vulnerability_id = old.vulnerability_id

-- name: add_links
-- Links that became true.
INSERT INTO advisory_vulnerability (advisory_id, vulnerability_id)
SELECT * FROM unnest(%(advisories)s::bigint[], %(vulnerabilities)s::bigint[]) ON CONFLICT DO NOTHING

-- name: touch_links
-- The (package, vulnerability) pairs of links that came or went.
INSERT INTO touched_pair (package_id, vulnerability_id)
SELECT match.package_id, link.vulnerability_id
FROM unnest(%(advisories)s::bigint[], %(vulnerabilities)s::bigint[]) AS link (advisory_id, vulnerability_id)
JOIN affected_range ON affected_range.advisory_id = link.advisory_id AND affected_range.to_rev = 2147483647
JOIN match ON match.range_id = affected_range.id AND match.to_rev = 2147483647
ON CONFLICT DO NOTHING
