-- name: delete_notices
-- The next bodies in the order of their arrival: those that were read and are old enough go. One row, with the last of
-- them, while there may be more.
WITH looked AS MATERIALIZED (
    SELECT id, received_at, read_at FROM notice WHERE id > %(after)s ORDER BY id LIMIT %(limit)s
), gone AS (
    DELETE FROM notice USING looked
    WHERE notice.id = looked.id AND looked.read_at IS NOT NULL AND looked.received_at < %(before)s
)
SELECT max(id) FROM looked HAVING count(*) = %(limit)s AND min(received_at) < %(before)s

-- name: delete_pulls
-- The next events in the order of their arrival: pulls that were taken in, are old enough, and are outdone by a later pull
-- of the same manifest (our own reads, and those of the excluded: in any case) go. Clocks keep the latest moment, so a
-- manifest that is resolved later still finds in its history all that moves them. Pushes and deletions are history, and
-- stay.
WITH looked AS MATERIALIZED (
    SELECT id, registry_id, repository, digest, origin, kind, own OR excluded_by IS NOT NULL AS own, occurred_at,
           received_at
    FROM registry_event WHERE id > %(after)s ORDER BY id LIMIT %(limit)s
), gone AS (
    DELETE FROM registry_event USING looked
    WHERE registry_event.id = looked.id AND looked.kind = 'pulled' AND looked.received_at < %(before)s
      AND NOT EXISTS (SELECT FROM waiting_event WHERE event_id = looked.id)
      AND (looked.own
           OR EXISTS (SELECT FROM registry_event later
                      WHERE later.digest = looked.digest AND later.registry_id = looked.registry_id
                        AND later.repository = looked.repository AND later.origin = looked.origin
                        AND later.kind = 'pulled' AND NOT later.own AND later.excluded_by IS NULL
                        AND NOT EXISTS (SELECT FROM waiting_event WHERE event_id = later.id)
                        AND later.occurred_at > looked.occurred_at))
)
SELECT max(id) FROM looked HAVING count(*) = %(limit)s AND min(received_at) < %(before)s
