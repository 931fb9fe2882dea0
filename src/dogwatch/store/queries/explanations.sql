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
SELECT affected_range.id, advisory.source, advisory.name, advisory.modified_at, 'in force', affected_range.from_rev,
       revision.published_at, NULL::int,
       affected_range.ecosystem, affected_range.name, affected_range.scheme, affected_range.scheme_number,
       affected_range.low, affected_range.high, affected_range.exact_version, affected_range.not_comparable,
       affected_range.introduced, affected_range.fixed, affected_range.last_affected, affected_range.fixed_key,
       affected_range.fix_state, affected_range.stated_verdict, affected_range.severity, affected_range.naming,
       affected_range.arch, %(name)s, count(*) OVER ()
FROM advisory_vulnerability AS link
JOIN advisory ON advisory.id = link.advisory_id
JOIN affected_range ON affected_range.advisory_id = advisory.id AND affected_range.to_rev = 2147483647
JOIN revision ON revision.id = affected_range.from_rev
CROSS JOIN LATERAL (
    SELECT affected_range.ecosystem = %(ecosystem)s AND affected_range.name = %(match_name)s
           OR (affected_range.naming <> '' AND affected_range.name IN (%(own_name)s, %(match_name)s)) AS is_own,
           affected_range.name = %(match_name)s AS is_named_so,
           affected_range.ecosystem = %(ecosystem)s AS is_of_ecosystem) AS relation
WHERE link.vulnerability_id = %(vulnerability)s
ORDER BY relation.is_own DESC,
         (affected_range.low <= %(key)s::bytea AND affected_range.high > %(key)s::bytea
          OR affected_range.exact_version = %(match_version)s) IS TRUE DESC,
         relation.is_named_so DESC, relation.is_of_ecosystem DESC,
         CASE WHEN relation.is_own AND affected_range.high <= %(key)s::bytea THEN affected_range.high END
             DESC NULLS LAST,
         affected_range.ecosystem, affected_range.name, affected_range.low, affected_range.id
LIMIT %(most)s

-- name: ended
-- Ranges of a vulnerability that held for a stored package and are no longer in force, with what ended them; newest first.
SELECT affected_range.id, advisory.source, advisory.name, advisory.modified_at,
       coalesce(advisory_change.kind, 'changed'), affected_range.from_rev,
       revision.published_at, affected_range.to_rev,
       affected_range.ecosystem, affected_range.name, affected_range.scheme, affected_range.scheme_number,
       affected_range.low, affected_range.high, affected_range.exact_version, affected_range.not_comparable,
       affected_range.introduced, affected_range.fixed, affected_range.last_affected, affected_range.fixed_key,
       affected_range.fix_state, affected_range.stated_verdict, affected_range.severity, affected_range.naming,
       affected_range.arch, %(name)s, count(*) OVER ()
FROM match
JOIN affected_range ON affected_range.id = match.range_id
JOIN advisory ON advisory.id = affected_range.advisory_id
JOIN advisory_vulnerability AS link ON link.advisory_id = advisory.id
JOIN revision ON revision.id = affected_range.from_rev
LEFT JOIN advisory_change ON advisory_change.advisory_id = advisory.id
                         AND advisory_change.revision_id = affected_range.to_rev
WHERE match.package_id = %(package)s AND affected_range.to_rev < 2147483647
  AND link.vulnerability_id = %(vulnerability)s
ORDER BY affected_range.to_rev DESC, affected_range.id
LIMIT %(most)s

-- name: not_compared
-- The ranges in force of a package's name that cannot be compared with it, unless their document meets it in another way:
-- those that `find_not_compared` of judgement counts. `met` are the documents that meet it.
SELECT affected_range.id, advisory.source, advisory.name, advisory.modified_at, 'in force', affected_range.from_rev,
       revision.published_at, NULL::int,
       affected_range.ecosystem, affected_range.name, affected_range.scheme, affected_range.scheme_number,
       affected_range.low, affected_range.high, affected_range.exact_version, affected_range.not_comparable,
       affected_range.introduced, affected_range.fixed, affected_range.last_affected, affected_range.fixed_key,
       affected_range.fix_state, affected_range.stated_verdict, affected_range.severity, affected_range.naming,
       affected_range.arch,
       coalesce((SELECT min(vulnerability.name) FROM advisory_vulnerability AS link
                 JOIN vulnerability ON vulnerability.id = link.vulnerability_id
                 WHERE link.advisory_id = advisory.id), ''),
       count(*) OVER ()
FROM affected_range
JOIN advisory ON advisory.id = affected_range.advisory_id
JOIN revision ON revision.id = affected_range.from_rev
WHERE affected_range.ecosystem = %(ecosystem)s AND affected_range.name = %(match_name)s
  AND affected_range.to_rev = 2147483647 AND affected_range.exact_version = '' AND affected_range.naming = ''
  AND (affected_range.not_comparable <> '' OR %(key)s::bytea IS NULL
       OR (affected_range.scheme, affected_range.scheme_number) <> (%(scheme)s, %(scheme_number)s))
  AND affected_range.advisory_id NOT IN
      (SELECT met.advisory_id FROM affected_range AS met WHERE met.id = ANY(%(met)s::bigint[]))
ORDER BY advisory.source, advisory.name, affected_range.id
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
