-- name: intervals
-- The newest intervals of monitoring. One that is past its deadline, and that no sweep has ended yet, ended there.
SELECT from_at,
       CASE WHEN to_at <> '9999-12-31Z' THEN to_at
            WHEN clocks.watched_until < %(now)s THEN greatest(from_at, clocks.watched_until + interval '1 microsecond') END,
       begin_reason,
       CASE WHEN to_at = '9999-12-31Z' AND clocks.watched_until < %(now)s
            THEN 'monitoring ended: both windows are over' ELSE end_reason END,
       coalesce(CASE WHEN to_at = '9999-12-31Z' THEN clocks.held_by ELSE monitoring.held_by END, ''),
       inventory_id IS NOT NULL, frozen_revision
FROM monitoring JOIN clocks ON clocks.image_id = monitoring.image_id
WHERE monitoring.image_id = %(image)s
ORDER BY from_at DESC, monitoring.id DESC LIMIT %(limit)s

-- name: deeds
-- The newest deeds.
SELECT at, deed, by, reason, until, clock, outcome FROM image_deed
WHERE image_id = %(image)s ORDER BY at DESC, id DESC LIMIT %(limit)s

-- name: events
-- The newest events of an image's manifest, and of the indexes that name it, before a place in the list. A pull of an
-- index counts for its images only where polling saw it (see `images.history`).
SELECT event.kind, event.origin, event.tag, manifest.via_index, event.occurred_at, event.received_at, event.actor,
       event.user_agent, event.client_address, event.own,
       event.kind = 'pulled' AND manifest.via_index <> '' AND event.origin <> 'poll',
       coalesce(exclusion.kind || ' ' || exclusion.pattern, ''),
       event.kind = 'pushed'
       AND is_first_sight(event.origin, event.occurred_at, registry.look_back, registry.found_until), event.id
FROM image
JOIN repository ON repository.id = image.repository_id
JOIN registry ON registry.id = repository.registry_id
CROSS JOIN LATERAL (
    SELECT image.digest, ''
    UNION ALL
    SELECT image_index.digest, image_index.digest
    FROM index_image JOIN image_index ON image_index.id = index_image.index_id
    WHERE index_image.image_id = image.id
) manifest (digest, via_index)
JOIN registry_event event ON event.registry_id = repository.registry_id AND event.repository = repository.name
                         AND event.digest = manifest.digest
LEFT JOIN exclusion ON exclusion.id = event.excluded_by
WHERE image.id = %(image)s
  AND (%(before_at)s::timestamptz IS NULL OR (event.occurred_at, event.id) < (%(before_at)s, %(before_id)s))
ORDER BY event.occurred_at DESC, event.id DESC LIMIT %(limit)s
