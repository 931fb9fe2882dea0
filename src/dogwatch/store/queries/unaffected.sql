-- name: unaffected
-- The documents in force of some sources on a vulnerability, with the revision that brought them; their numbers are
-- below zero, as no range's is.
SELECT -advisory.id, advisory.source, advisory.name, advisory.modified_at, revision.id, revision.published_at,
       newest.document
FROM advisory_vulnerability AS link
JOIN advisory ON advisory.id = link.advisory_id AND advisory.removed_at IS NULL
             AND advisory.source = ANY(%(sources)s::text[])
CROSS JOIN LATERAL (
    SELECT revision_id, document FROM advisory_change
    WHERE advisory_change.advisory_id = advisory.id AND document IS NOT NULL
    ORDER BY revision_id DESC LIMIT 1) AS newest
JOIN revision ON revision.id = newest.revision_id
WHERE link.vulnerability_id = %(vulnerability)s
ORDER BY advisory.source, advisory.name
