-- name: take_waiting
-- The oldest events that nobody else is taking in.
WITH next AS (
    SELECT event_id FROM waiting_event ORDER BY event_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), taken AS (
    DELETE FROM waiting_event USING next WHERE waiting_event.event_id = next.event_id RETURNING waiting_event.event_id
)
SELECT registry_event.registry_id, registry.account_id, registry_event.origin, registry_event.kind,
       registry_event.repository, registry_event.digest, registry_event.tag, registry_event.occurred_at,
       registry_event.actor, registry_event.user_agent, registry_event.own,
       registry_event.excluded_by IS NOT NULL
FROM taken
JOIN registry_event ON registry_event.id = taken.event_id
JOIN registry ON registry.id = registry_event.registry_id

-- name: see_first
-- Until a poll has seen everything, what it sees was there before: pushed we do not know when. No row where all counts as
-- pushed when it is found.
UPDATE registry SET found_until = greatest(found_until, %(seen_at)s)
WHERE id = %(registry)s AND look_back <> 'ALL' AND polled_at IS NULL
RETURNING id

-- name: tags
-- Where the tags of a repository point.
SELECT name, digest, set_at FROM tag WHERE repository_id = %(repository)s

-- name: settle_indexes
-- An index is deleted when its last deletion came after its last push.
UPDATE image_index SET deleted_at = settled.deleted_at
FROM (
    SELECT known.id, CASE WHEN deletion.at > coalesce(push.at, '-infinity') THEN deletion.at END AS deleted_at
    FROM (SELECT DISTINCT * FROM unnest(%(repositories)s::bigint[], %(registries)s::bigint[], %(names)s::text[],
                                        %(digests)s::text[]) AS named (repository_id, registry_id, name, digest)) given
    JOIN image_index known ON known.digest = given.digest AND known.repository_id = given.repository_id
    CROSS JOIN LATERAL (SELECT max(occurred_at) AS at FROM registry_event event
                        WHERE event.registry_id = given.registry_id AND event.repository = given.name
                          AND event.digest = given.digest AND event.kind <> 'pulled' AND event.kind = 'deleted'
                          AND NOT event.own) deletion
    CROSS JOIN LATERAL (SELECT max(occurred_at) AS at FROM registry_event event
                        WHERE event.registry_id = given.registry_id AND event.repository = given.name
                          AND event.digest = given.digest AND event.kind <> 'pulled' AND event.kind = 'pushed'
                          AND NOT event.own) push
) settled
WHERE image_index.id = settled.id AND image_index.deleted_at IS DISTINCT FROM settled.deleted_at

-- name: settle_tags
-- A tag stands where its last push put it, unless the tag, or the digest, was deleted after that.
WITH named AS (
    SELECT * FROM unnest(%(repositories)s::bigint[], %(tags)s::text[]) AS given (repository_id, name)
    UNION
    SELECT tag.repository_id, tag.name
    FROM unnest(%(deleted_in)s::bigint[], %(deleted_digests)s::text[]) AS gone (repository_id, digest)
    JOIN tag ON tag.repository_id = gone.repository_id AND tag.digest = gone.digest
), settled AS MATERIALIZED (
    SELECT named.repository_id, named.name, push.digest, push.occurred_at,
           push.digest IS NOT NULL
           AND NOT EXISTS (SELECT FROM registry_event event
                           WHERE event.registry_id = repository.registry_id AND event.repository = repository.name
                             AND event.tag = named.name AND event.tag <> '' AND event.kind <> 'pulled'
                             AND event.kind = 'deleted' AND event.digest = '' AND NOT event.own
                             AND event.occurred_at > push.occurred_at)
           AND NOT EXISTS (SELECT FROM registry_event event
                           WHERE event.registry_id = repository.registry_id AND event.repository = repository.name
                             AND event.digest = push.digest AND event.kind <> 'pulled'
                             AND event.kind = 'deleted' AND NOT event.own
                             AND event.occurred_at > push.occurred_at) AS stands
    FROM named
    JOIN repository ON repository.id = named.repository_id
    LEFT JOIN LATERAL (SELECT event.digest, event.occurred_at FROM registry_event event
                       WHERE event.registry_id = repository.registry_id AND event.repository = repository.name
                         AND event.tag = named.name AND event.tag <> '' AND event.kind <> 'pulled'
                         AND event.kind = 'pushed' AND NOT event.own
                       ORDER BY event.occurred_at DESC, event.digest DESC LIMIT 1) push ON true
), gone AS (
    DELETE FROM tag USING settled
    WHERE tag.repository_id = settled.repository_id AND tag.name = settled.name AND NOT settled.stands
)
INSERT INTO tag (repository_id, name, digest, set_at)
SELECT repository_id, name, digest, occurred_at FROM settled WHERE stands
ON CONFLICT (repository_id, name) DO UPDATE SET digest = excluded.digest, set_at = excluded.set_at
WHERE (tag.digest, tag.set_at) <> (excluded.digest, excluded.set_at)

-- name: images_behind
-- The images that manifests are, or that stand behind them in an index.
WITH given AS (
    SELECT * FROM unnest(%(repositories)s::bigint[], %(digests)s::text[])
                  WITH ORDINALITY AS named (repository_id, digest, place)
)
SELECT given.place, image.id, false
FROM given JOIN image ON image.digest = given.digest AND image.repository_id = given.repository_id
UNION ALL
SELECT given.place, index_image.image_id, true
FROM given
JOIN image_index ON image_index.digest = given.digest AND image_index.repository_id = given.repository_id
JOIN index_image ON index_image.index_id = image_index.id

-- name: unknown_manifests
-- Manifests that nobody has resolved, noted as such: a job that is lost is found again. One that could not be resolved is
-- named again when it is pushed, otherwise after a pause that doubles each time; one that is deleted again is not named.
WITH unknown AS (
    SELECT DISTINCT given.repository_id, given.registry_id, given.name, given.digest
    FROM unnest(%(repositories)s::bigint[], %(registries)s::bigint[], %(names)s::text[], %(digests)s::text[],
                %(heard_at)s::timestamptz[], %(pushed)s::boolean[])
         AS given (repository_id, registry_id, name, digest, heard_at, pushed)
    WHERE NOT EXISTS (SELECT FROM image
                      WHERE image.digest = given.digest AND image.repository_id = given.repository_id)
      AND NOT EXISTS (SELECT FROM image_index
                      WHERE image_index.digest = given.digest AND image_index.repository_id = given.repository_id)
      AND NOT EXISTS (SELECT FROM other_artifact
                      WHERE other_artifact.digest = given.digest AND other_artifact.repository_id = given.repository_id)
      AND NOT EXISTS (SELECT FROM registry_event event
                      WHERE event.registry_id = given.registry_id AND event.repository = given.name
                        AND event.digest = given.digest AND event.kind <> 'pulled' AND event.kind = 'deleted'
                        AND NOT event.own AND event.occurred_at > coalesce(given.heard_at, %(now)s))
      AND NOT EXISTS (SELECT FROM unresolved_manifest tried
                      WHERE tried.digest = given.digest AND tried.repository_id = given.repository_id
                        AND NOT given.pushed AND tried.attempts > 0
                        AND tried.tried_at + least(%(first_pause)s * 2 ^ least(tried.attempts - 1, 20),
                                                   %(longest_pause)s) > %(now)s)
), noted AS (
    INSERT INTO unresolved_manifest (repository_id, digest, status_reason, problem, attempts, tried_at)
    SELECT repository_id, digest, 'PENDING_INITIAL_SCAN', '', 0, %(now)s FROM unknown ORDER BY 1, 2
    ON CONFLICT DO NOTHING
)
SELECT registry_id, name, digest FROM unknown ORDER BY 1, 2, 3

-- name: unresolved
-- Manifests whose turn has come: never tried for a minute, or tried without success, less and less often. What waits
-- for its job again (an outage) has the reason of what is pending.
SELECT repository.registry_id, repository.name, unresolved_manifest.digest
FROM unresolved_manifest
JOIN repository ON repository.id = unresolved_manifest.repository_id
JOIN registry ON registry.id = repository.registry_id AND registry.removed_at IS NULL
WHERE unresolved_manifest.status_reason = ANY(%(retried)s::text[] || 'PENDING_INITIAL_SCAN'::text)
  AND unresolved_manifest.tried_at
      + CASE WHEN unresolved_manifest.attempts = 0 THEN interval '1 minute'
             ELSE least(%(first_pause)s * 2 ^ least(unresolved_manifest.attempts - 1, 20), %(longest_pause)s)
        END <= %(now)s
ORDER BY unresolved_manifest.tried_at, repository.id, unresolved_manifest.digest
LIMIT %(limit)s
