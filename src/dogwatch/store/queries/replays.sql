-- name: history
-- The latest push and pull of images, and whether that push is only of something older than the look-back: of their own
-- manifests, and through the indexes that name them. A pull of an index counts only where polling saw it: a client's
-- fetch of its platform is an event of its own. What was there when the registry was first polled was pushed when it was
-- created, as far as anybody knows; a time that cannot be one, as reproducible builds have it, says nothing.
SELECT image.id, push.at, pull.occurred_at, coalesce(pull.pulled_by, ''),
       coalesce(push.is_first_sight AND push.at < look_back_since(registry.added_at, registry.look_back), false)
FROM image
JOIN repository ON repository.id = image.repository_id
JOIN registry ON registry.id = repository.registry_id
LEFT JOIN LATERAL (
    SELECT max(CASE WHEN sight.is_first AND image.created_at BETWEEN %(plausible_since)s AND event.occurred_at
                    THEN image.created_at ELSE event.occurred_at END) AS at,
           bool_and(sight.is_first) AS is_first_sight
    FROM (SELECT image.digest
          UNION ALL
          SELECT image_index.digest FROM index_image JOIN image_index ON image_index.id = index_image.index_id
          WHERE index_image.image_id = image.id) manifest (digest)
    JOIN registry_event event ON event.registry_id = repository.registry_id AND event.repository = repository.name
                             AND event.digest = manifest.digest
    CROSS JOIN LATERAL (SELECT is_first_sight(event.origin, event.occurred_at, registry.look_back, registry.found_until)
                        AS is_first) AS sight
    WHERE event.kind <> 'pulled' AND event.kind = 'pushed' AND NOT event.own AND event.excluded_by IS NULL
) push ON true
LEFT JOIN LATERAL (
    SELECT event.occurred_at, left(coalesce(nullif(event.actor, ''), event.user_agent), 300) AS pulled_by
    FROM (SELECT image.digest, true
          UNION ALL
          SELECT image_index.digest, false
          FROM index_image JOIN image_index ON image_index.id = index_image.index_id
          WHERE index_image.image_id = image.id) manifest (digest, is_itself)
    CROSS JOIN LATERAL (
        SELECT occurred_at, actor, user_agent FROM registry_event
        WHERE registry_id = repository.registry_id AND repository = repository.name AND digest = manifest.digest
          AND kind = 'pulled' AND NOT own AND excluded_by IS NULL AND (manifest.is_itself OR origin = 'poll')
        ORDER BY occurred_at DESC FETCH FIRST 1 ROW WITH TIES
    ) event
    ORDER BY event.occurred_at DESC, pulled_by DESC LIMIT 1
) pull ON true
WHERE image.id = ANY(%(ids)s::bigint[])
