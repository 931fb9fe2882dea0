-- name: revision
-- When a revision was published.
SELECT id, published_at FROM revision WHERE id = %(revision)s

-- name: newest_until
-- The newest revision at a moment.
SELECT coalesce(max(id), 0) FROM revision WHERE published_at <= %(at)s

-- name: changes
-- What the journal says of documents behind one revision up to another, oldest first, and behind a place in that order.
SELECT change.revision_id, change.advisory_id, revision.published_at, revision.source, revision.ecosystem, advisory.name,
       change.kind,
       (SELECT coalesce(array_agg(vulnerability.name ORDER BY vulnerability.name), '{}')
        FROM advisory_vulnerability AS link JOIN vulnerability ON vulnerability.id = link.vulnerability_id
        WHERE link.advisory_id = change.advisory_id),
       advisory.summary
FROM advisory_change AS change
JOIN revision ON revision.id = change.revision_id
JOIN advisory ON advisory.id = change.advisory_id
WHERE change.revision_id > %(since)s AND change.revision_id <= %(until)s
  AND change.revision_id >= %(after_revision)s::bigint
  AND (change.revision_id, change.advisory_id) > (%(after_revision)s::bigint, %(after_advisory)s::bigint)
  AND (change.kind = ANY(%(kinds)s::text[]) OR %(kinds)s::text[] = '{}')
ORDER BY change.revision_id, change.advisory_id
LIMIT %(most)s

-- name: count_changes
-- The same by kind.
SELECT kind, count(*) FROM advisory_change
WHERE revision_id > %(since)s AND revision_id <= %(until)s
GROUP BY kind ORDER BY kind

-- name: begun
-- Exposures that began, with the reason.
SELECT package_id, begin_reason AS reason FROM exposure
WHERE verdict = 'affected' AND from_at > %(since_at)s AND from_at <= %(until_at)s

-- name: ended
-- Exposures that ended, with the reason.
SELECT package_id, end_reason AS reason FROM exposure
WHERE verdict = 'affected' AND to_at < '9999-12-31Z' AND to_at > %(since_at)s AND to_at <= %(until_at)s

-- name: count_exposures
-- Some of those by reason, of packages that an image of the account has or had; and how many were looked at.
WITH changed AS MATERIALIZED (
    {exposures}
    LIMIT %(most)s
), own AS MATERIALIZED (
    SELECT package_id FROM (SELECT DISTINCT package_id FROM changed) AS one
    WHERE EXISTS (SELECT FROM account_package AS held
                  WHERE held.package_id = one.package_id AND held.account_id = %(account)s))
SELECT reason, count(own.package_id), (SELECT count(*) FROM changed)
FROM changed LEFT JOIN own ON own.package_id = changed.package_id
GROUP BY reason ORDER BY reason
