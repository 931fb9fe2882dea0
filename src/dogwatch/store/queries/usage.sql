-- name: tagged
-- Where tags of an account point now.
SELECT given.place, tag.repository_id, tag.digest
FROM unnest(%(places)s::int[], %(repositories)s::text[], %(tags)s::text[]) AS given (place, repository, tag)
JOIN repository ON repository.account_id = %(account)s AND repository.name = given.repository
JOIN tag ON tag.repository_id = repository.id AND tag.name = given.tag

-- name: candidates
-- The images that digests may mean, themselves or as children of an index; never those of other accounts.
WITH given AS (
    SELECT * FROM unnest(%(places)s::int[], %(digests)s::text[], %(repository_ids)s::bigint[])
                  AS named (place, digest, repository_id)
), found AS (
    SELECT given.place, image.id, false AS is_child
    FROM given
    JOIN image ON image.digest = given.digest AND image.account_id = %(account)s
    WHERE given.repository_id IS NULL OR image.repository_id = given.repository_id
    UNION
    SELECT given.place, index_image.image_id, true
    FROM given
    JOIN image_index ON image_index.digest = given.digest AND image_index.account_id = %(account)s
    JOIN index_image ON index_image.index_id = image_index.id
    WHERE given.repository_id IS NULL OR image_index.repository_id = given.repository_id
)
SELECT found.place, found.id, registry.url, repository.name, image.os || '/' || image.architecture, found.is_child
FROM found
JOIN image ON image.id = found.id
JOIN repository ON repository.id = image.repository_id
JOIN registry ON registry.id = repository.registry_id AND registry.removed_at IS NULL

-- name: save
-- Where images were seen; what was seen later stands.
INSERT INTO image_use (image_id, cluster, namespace, workload, count, first_seen_at, last_seen_at, reported_by)
SELECT given.image_id, %(cluster)s, given.namespace, given.workload, given.count, given.first_at, given.last_at, %(by)s
FROM unnest(%(ids)s::bigint[], %(namespaces)s::text[], %(workloads)s::text[], %(counts)s::int[],
            %(firsts)s::timestamptz[], %(lasts)s::timestamptz[])
     AS given (image_id, namespace, workload, count, first_at, last_at)
ON CONFLICT (image_id, cluster, namespace, workload) DO UPDATE
SET first_seen_at = least(image_use.first_seen_at, excluded.first_seen_at),
    last_seen_at = greatest(image_use.last_seen_at, excluded.last_seen_at),
    count = CASE WHEN excluded.last_seen_at >= image_use.last_seen_at THEN excluded.count ELSE image_use.count END,
    reported_by = CASE WHEN excluded.last_seen_at >= image_use.last_seen_at
                       THEN excluded.reported_by ELSE image_use.reported_by END

-- name: trim
-- Only the latest places of each image are kept.
DELETE FROM image_use USING (
    SELECT image_id, cluster, namespace, workload,
           row_number() OVER (PARTITION BY image_id ORDER BY last_seen_at DESC, cluster, namespace, workload) AS place
    FROM image_use WHERE image_id = ANY(%(ids)s::bigint[])
) ranked
WHERE ranked.place > %(limit)s AND image_use.image_id = ranked.image_id AND image_use.cluster = ranked.cluster
  AND image_use.namespace = ranked.namespace AND image_use.workload = ranked.workload

-- name: uses
-- Where an image was seen, the latest first.
SELECT cluster, namespace, workload, count, first_seen_at, last_seen_at, reported_by FROM image_use
WHERE image_id = %(image)s ORDER BY last_seen_at DESC, cluster, namespace, workload

-- name: in_use
-- How many containers of images were seen since a moment.
SELECT image_id, sum(count)::bigint FROM image_use
WHERE image_id = ANY(%(ids)s::bigint[]) AND last_seen_at >= %(since)s GROUP BY image_id

-- name: in_use_count
-- The same of one image, as an expression; none is 0.
(SELECT coalesce(sum(count), 0) FROM image_use WHERE image_use.image_id = {image} AND image_use.last_seen_at >= {since})
