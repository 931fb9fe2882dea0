-- name: unresolved
-- Manifests that could not be resolved, with their status, as of now; columns for filters as images have them. What was
-- deleted after its last push, or stood in a registry that is removed, is gone.
SELECT 0::bigint AS image_id, repository.account_id, repository.id AS repository_id, registry.alias, registry.url,
       registry.region, repository.name AS repository, repository.scan_frequency, manifest.digest,
       '' AS architecture, NULL::timestamptz AS pushed_at, NULL::timestamptz AS pulled_at,
       NULL::timestamptz AS in_use_at, NULL::timestamptz AS indexed_at, manifest.problem, manifest.attempts,
       CASE WHEN manifest.attempts > 0 THEN manifest.tried_at END AS tried_at, standing.status_reason,
       CASE WHEN standing.status_reason = 'PENDING_INITIAL_SCAN' THEN 'ACTIVE' ELSE 'INACTIVE' END AS status_code
FROM unresolved_manifest manifest
JOIN repository ON repository.id = manifest.repository_id
JOIN registry ON registry.id = repository.registry_id
CROSS JOIN LATERAL (
    SELECT max(event.occurred_at) FILTER (WHERE event.kind = 'deleted') AS deleted_at,
           max(event.occurred_at) FILTER (WHERE event.kind = 'pushed') AS pushed_at
    FROM registry_event event
    WHERE event.registry_id = registry.id AND event.repository = repository.name AND event.digest = manifest.digest
      AND event.kind <> 'pulled' AND NOT event.own) AS heard
CROSS JOIN LATERAL (
    SELECT CASE WHEN registry.removed_at IS NOT NULL
                     OR heard.deleted_at > coalesce(heard.pushed_at, '-infinity') THEN 'RESOURCE_TERMINATED'
                WHEN repository.scan_frequency = 'OFF' THEN 'PENDING_DISABLE'
                WHEN repository.scan_frequency = 'MANUAL' THEN 'SCAN_FREQUENCY_MANUAL'
                ELSE manifest.status_reason END AS status_reason) AS standing
WHERE {account}

-- name: page
-- A page of them, by repository and digest.
SELECT image.*, (SELECT array_agg(tag.name ORDER BY tag.name) FROM tag
                 WHERE tag.digest = image.digest AND tag.repository_id = image.repository_id) AS tags
FROM ({unresolved}) AS image
WHERE {filters} AND (image.repository_id, image.digest) > (%(repository)s, %(digest)s::text)
ORDER BY image.repository_id, image.digest LIMIT %(limit)s
