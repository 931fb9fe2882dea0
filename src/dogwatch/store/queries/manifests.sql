-- name: held
-- What stands in a repository now. An index is as large as its largest image, and was pulled when one of them was.
SELECT image.digest, image.media_type, '' AS artifact_type, '' AS subject_digest, image.size_bytes, image.pushed_at,
       image.pulled_at, image.status_reason, image.problem, true AS is_image, image.archived_at, image.restored_at
FROM ({coverage}) AS image
WHERE image.state <> 'deleted'
UNION ALL
SELECT image_index.digest, image_index.media_type, '', '', children.size_bytes, children.pushed_at, children.pulled_at,
       NULL, '', false, children.archived_at, NULL
FROM image_index
LEFT JOIN LATERAL (
    SELECT max(image.size_bytes) AS size_bytes, max(clocks.pushed_at) AS pushed_at, max(clocks.pulled_at) AS pulled_at,
           CASE WHEN bool_and(image.archived_at IS NOT NULL) THEN max(image.archived_at) END AS archived_at
    FROM index_image
    JOIN image ON image.id = index_image.image_id
    JOIN clocks ON clocks.image_id = image.id
    WHERE index_image.index_id = image_index.id) children ON true
WHERE image_index.repository_id = %(repository)s AND image_index.deleted_at IS NULL
UNION ALL
SELECT other_artifact.digest, other_artifact.media_type, other_artifact.artifact_type, other_artifact.subject_digest,
       NULL, other_artifact.seen_at, NULL, NULL, '', false, NULL, NULL
FROM other_artifact
JOIN repository ON repository.id = other_artifact.repository_id
CROSS JOIN LATERAL (
    SELECT max(event.occurred_at) FILTER (WHERE event.kind = 'deleted') AS deleted_at,
           max(event.occurred_at) FILTER (WHERE event.kind = 'pushed') AS pushed_at
    FROM registry_event event
    WHERE event.registry_id = repository.registry_id AND event.repository = repository.name
      AND event.digest = other_artifact.digest AND event.kind <> 'pulled' AND NOT event.own) AS heard
WHERE other_artifact.repository_id = %(repository)s
  AND coalesce(heard.deleted_at <= coalesce(heard.pushed_at, '-infinity'), true)
UNION ALL
SELECT image.digest, '', '', '', NULL, NULL, NULL, image.status_reason, image.problem, false, NULL, NULL
FROM ({unresolved}) AS image
WHERE image.status_reason <> 'RESOURCE_TERMINATED'

-- name: page
-- A page of it by digest, with tags; what is no image has its push and pull from what was heard of it.
SELECT page.digest, page.media_type, page.artifact_type, page.subject_digest, page.size_bytes, page.tags,
       coalesce(push.at, page.pushed_at), greatest(pull.at, page.pulled_at), page.status_reason, page.problem,
       page.archived_at, page.restored_at
FROM (SELECT held.*, coalesce(tagged.names, ARRAY[]::text[]) AS tags
      FROM ({held}) AS held
      LEFT JOIN LATERAL (
          SELECT array_agg(tag.name ORDER BY tag.name) AS names FROM tag
          WHERE tag.digest = held.digest AND tag.repository_id = %(repository)s) tagged ON true
      WHERE held.digest > %(after)s::text
        AND (%(tagged)s::boolean IS NULL OR %(tagged)s = (tagged.names IS NOT NULL))
        AND (%(archived)s::boolean IS NULL OR %(archived)s = (held.archived_at IS NOT NULL))
        AND (NOT %(named)s::boolean
             OR EXISTS (SELECT FROM unnest(%(digests)s::text[], %(tags)s::text[]) AS given (digest, tag)
                        WHERE (given.digest = '' OR given.digest = held.digest)
                          AND (given.tag = '' OR given.tag = ANY(tagged.names))))
      ORDER BY held.digest LIMIT %(limit)s) AS page
JOIN repository ON repository.id = %(repository)s
LEFT JOIN LATERAL (
    SELECT max(occurred_at) AS at FROM registry_event
    WHERE NOT page.is_image AND registry_id = repository.registry_id AND repository = repository.name
      AND digest = page.digest AND kind <> 'pulled' AND kind = 'pushed' AND NOT own AND excluded_by IS NULL) push ON true
LEFT JOIN LATERAL (
    SELECT max(occurred_at) AS at FROM registry_event
    WHERE NOT page.is_image AND registry_id = repository.registry_id AND repository = repository.name
      AND digest = page.digest AND kind = 'pulled' AND NOT own AND excluded_by IS NULL) pull ON true
ORDER BY page.digest
