-- name: packages_of_finding
-- The packages that ever made an image of the account show a vulnerability.
SELECT found.*, count(*) OVER ()
FROM (SELECT DISTINCT package.id, package.ecosystem, package.name, package.version, package.arch, package.source_name,
             package.source_version, package.module, package.vendor
      FROM finding_span AS span
      JOIN image ON image.id = span.image_id
      JOIN package ON package.id = span.package_id
      WHERE span.image_id = %(image)s AND span.vulnerability_id = %(vulnerability)s
        AND image.account_id = %(account)s) AS found
ORDER BY found.id
LIMIT %(most)s

-- name: spans_of_finding
-- From when to when which package made an image show a vulnerability, newest first; one that ends in the future is open.
SELECT span.package_id, span.from_at, CASE WHEN span.to_at <= %(now)s THEN span.to_at END, span.begin_reason,
       CASE WHEN span.to_at <= %(now)s THEN span.end_reason ELSE '' END, monitoring.frozen_revision
FROM finding_span AS span
JOIN monitoring ON monitoring.image_id = span.image_id
               AND monitoring.from_at <= span.from_at AND monitoring.to_at > span.from_at
WHERE span.image_id = %(image)s AND span.vulnerability_id = %(vulnerability)s AND span.from_at <= %(now)s
ORDER BY span.from_at DESC, span.exposure_id DESC
LIMIT %(most_spans)s

-- name: packages_named
-- The packages of a name and version that an image of the account has, or had: by their own name or by that of advisories.
SELECT package.id, package.ecosystem, package.name, package.version, package.arch, package.source_name,
       package.source_version, package.module, package.vendor, count(*) OVER ()
FROM package
WHERE package.ecosystem = %(ecosystem)s AND package.version = %(version)s
  AND (package.name = %(name)s OR package.match_name = %(match_name)s)
  AND EXISTS (SELECT FROM account_package AS held
              WHERE held.package_id = package.id AND held.account_id = %(account)s)
ORDER BY package.name <> %(name)s, package.id
LIMIT %(most)s

-- name: vulnerability_by_id
-- As `by_name` of vulnerability_views; an id that was merged leads to where it went.
SELECT vulnerability.id, vulnerability.name,
       (SELECT array_agg(every.name ORDER BY every.name) FROM vulnerability_name AS every
        WHERE every.vulnerability_id = vulnerability.id)
FROM vulnerability AS asked JOIN vulnerability ON vulnerability.id = coalesce(asked.redirected_to, asked.id)
WHERE asked.id = %(vulnerability)s

-- name: considered
-- The ranges in force of a vulnerability: first those that hold for a package, then those of its name (the nearest first),
-- then those of the same name elsewhere, then the others; with how many there are.
SELECT stated.*, 'in force', %(name)s, count(*) OVER ()
FROM advisory_vulnerability AS link
JOIN stated_range AS stated ON stated.advisory_id = link.advisory_id AND stated.to_rev = 2147483647
CROSS JOIN LATERAL (
    SELECT stated.ecosystem = %(ecosystem)s AND stated.name = %(match_name)s
           OR (stated.naming <> '' AND stated.name IN (%(own_name)s, %(match_name)s)) AS is_own,
           stated.name = %(match_name)s AS is_named_so,
           stated.ecosystem = %(ecosystem)s AS is_of_ecosystem) AS relation
WHERE link.vulnerability_id = %(vulnerability)s
ORDER BY relation.is_own DESC,
         (stated.low <= %(key)s::bytea AND stated.high > %(key)s::bytea
          OR stated.exact_version = %(match_version)s) IS TRUE DESC,
         relation.is_named_so DESC, relation.is_of_ecosystem DESC,
         CASE WHEN relation.is_own AND stated.high <= %(key)s::bytea THEN stated.high END DESC NULLS LAST,
         stated.ecosystem, stated.name, stated.low, stated.id
LIMIT %(most)s

-- name: ended
-- Ranges of a vulnerability that held for a stored package and are no longer in force, with what ended them; newest first.
SELECT stated.*, coalesce(advisory_change.kind, 'changed'), %(name)s, count(*) OVER ()
FROM match
JOIN stated_range AS stated ON stated.id = match.range_id
JOIN advisory_vulnerability AS link ON link.advisory_id = stated.advisory_id
LEFT JOIN advisory_change ON advisory_change.advisory_id = stated.advisory_id
                         AND advisory_change.revision_id = stated.to_rev
WHERE match.package_id = %(package)s AND stated.to_rev < 2147483647 AND link.vulnerability_id = %(vulnerability)s
ORDER BY stated.to_rev DESC, stated.id
LIMIT %(most)s

-- name: not_compared
-- The ranges in force of a package's name that cannot be compared with it, unless their document meets it in another way:
-- those that `judge` of judgement counts. `met` are the documents that meet it.
SELECT stated.*, 'in force',
       coalesce((SELECT min(vulnerability.name) FROM advisory_vulnerability AS link
                 JOIN vulnerability ON vulnerability.id = link.vulnerability_id
                 WHERE link.advisory_id = stated.advisory_id), ''),
       count(*) OVER ()
FROM stated_range AS stated
WHERE stated.ecosystem = %(ecosystem)s AND stated.name = %(match_name)s
  AND stated.to_rev = 2147483647 AND stated.exact_version = '' AND stated.naming IN ('', 'either', 'own')
  AND (stated.not_comparable <> '' OR %(key)s::bytea IS NULL
       OR (stated.scheme, stated.scheme_number) <> (%(scheme)s, %(scheme_number)s))
  AND stated.advisory_id NOT IN
      (SELECT met.advisory_id FROM affected_range AS met WHERE met.id = ANY(%(met)s::bigint[]))
ORDER BY stated.source, stated.advisory, stated.id
LIMIT %(most)s

-- name: exposures
-- What was said of a package and a vulnerability from when to when, newest first.
SELECT verdict, severity, score_tenths, score_vector, score_source, fix_state, fixed_version, source, advisory, from_at,
       nullif(to_at, '9999-12-31Z'), begin_reason, end_reason
FROM exposure
WHERE package_id = %(package)s AND vulnerability_id = %(vulnerability)s
ORDER BY from_at DESC, id DESC
LIMIT %(most)s

-- name: vulnerabilities_of_document
-- The vulnerabilities that a document is about, by its id at its source; as `by_name` of vulnerability_views.
SELECT vulnerability.id, vulnerability.name,
       (SELECT array_agg(every.name ORDER BY every.name) FROM vulnerability_name AS every
        WHERE every.vulnerability_id = vulnerability.id)
FROM advisory
JOIN advisory_vulnerability AS link ON link.advisory_id = advisory.id
JOIN vulnerability ON vulnerability.id = link.vulnerability_id
WHERE advisory.source IN (SELECT source FROM feed) AND advisory.name = %(name)s
ORDER BY vulnerability.name
LIMIT %(most)s

-- name: unread
-- What could not be read of the documents on a vulnerability, by the feed that brought them.
SELECT feed_record.ecosystem, advisory.source, advisory.name, left(array_to_string(feed_record.unread, '; '), 500)
FROM advisory_vulnerability AS link
JOIN advisory ON advisory.id = link.advisory_id
JOIN feed_record ON feed_record.source = advisory.source AND feed_record.name = advisory.name
                AND feed_record.unread <> '{}'
WHERE link.vulnerability_id = %(vulnerability)s
ORDER BY advisory.source, advisory.name, feed_record.ecosystem
LIMIT %(most)s
