-- name: list
-- The documents in force, the newest first; what they say of packages, and how many stored packages that meets.
SELECT document.id, document.name, document.format, document.author, document.stated_at, document.added_at,
       document.added_by, said.statements, said.packages, jsonb_array_length(document.unused)
FROM operator_document AS document
CROSS JOIN LATERAL (
    SELECT count(DISTINCT affected_range.id) AS statements, count(DISTINCT match.package_id) AS packages
    FROM advisory
    JOIN affected_range ON affected_range.advisory_id = advisory.id AND affected_range.to_rev = 2147483647
    LEFT JOIN match ON match.range_id = affected_range.id AND match.to_rev = 2147483647
    WHERE advisory.source = document.source AND advisory.name = ANY(document.records)) AS said
WHERE %(id)s::bigint IS NULL OR document.id = %(id)s
ORDER BY document.id DESC

-- name: find
-- A document by its number or its name.
SELECT id, source, records FROM operator_document
WHERE id::text = %(key)s OR name = %(key)s
ORDER BY id LIMIT 1

-- name: by_name
-- A document as it is held.
SELECT id, source, records, content, stated_at FROM operator_document WHERE name = %(name)s

-- name: statements
-- What a document says of packages, in the order of its records; how many stored packages each line meets, and which other
-- document of the operator's counts for some of them and says otherwise.
SELECT stated.ecosystem, stated.name, stated.exact_version, stated.introduced, stated.fixed, stated.last_affected,
       stated.arch, stated.stated_verdict, stated.fix_state, stated.not_comparable, stated.summary,
       (SELECT count(*) FROM match WHERE match.range_id = stated.id AND match.to_rev = 2147483647),
       (SELECT string_agg(vulnerability.name, ', ' ORDER BY vulnerability.name)
        FROM advisory_vulnerability AS link JOIN vulnerability ON vulnerability.id = link.vulnerability_id
        WHERE link.advisory_id = stated.advisory_id),
       coalesce((SELECT min(exposure.advisory)
                 FROM match
                 JOIN advisory_vulnerability AS link ON link.advisory_id = stated.advisory_id
                 JOIN exposure ON exposure.package_id = match.package_id AND exposure.to_at = '9999-12-31Z'
                              AND exposure.vulnerability_id = link.vulnerability_id
                 WHERE match.range_id = stated.id AND match.to_rev = 2147483647
                   AND exposure.source = ANY(%(operators)s::text[]) AND exposure.verdict <> stated.stated_verdict), ''),
       stated.many
FROM (SELECT affected_range.*, advisory.summary, record.place, count(*) OVER () AS many
      FROM operator_document AS document
      CROSS JOIN LATERAL unnest(document.records) WITH ORDINALITY AS record (name, place)
      JOIN advisory ON advisory.source = document.source AND advisory.name = record.name
      JOIN affected_range ON affected_range.advisory_id = advisory.id AND affected_range.to_rev = 2147483647
      WHERE document.id = %(id)s
      ORDER BY record.place, affected_range.ecosystem, affected_range.name, affected_range.id
      LIMIT %(most)s) AS stated
ORDER BY stated.place, stated.ecosystem, stated.name, stated.id

-- name: unused
-- What a document says of nothing that can be met.
SELECT unused FROM operator_document WHERE id = %(id)s

-- name: save
-- A document, in place of an earlier state of it.
INSERT INTO operator_document (source, name, format, author, stated_at, added_at, added_by, content, records, unused)
VALUES (%(source)s, %(name)s, %(format)s, %(author)s, %(stated_at)s, %(now)s, %(by)s, %(content)s, %(records)s,
        %(unused)s)
ON CONFLICT (name) DO UPDATE SET
    source = excluded.source, format = excluded.format, author = excluded.author, stated_at = excluded.stated_at,
    added_at = excluded.added_at, added_by = excluded.added_by, content = excluded.content,
    records = excluded.records, unused = excluded.unused
RETURNING id

-- name: forget
-- A document that was taken back; the journal keeps what it said.
DELETE FROM operator_document WHERE id = %(id)s

-- name: claimed
-- Records that another document has already.
SELECT record FROM operator_document, unnest(records) AS record
WHERE source = %(source)s AND name <> %(name)s AND record = ANY(%(records)s::text[]) LIMIT 1
