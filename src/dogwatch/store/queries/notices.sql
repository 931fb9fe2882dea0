-- name: unread
-- Webhook bodies that nobody has read yet, oldest first.
SELECT id, registry_id, received_at, content_type, body FROM notice WHERE read_at IS NULL ORDER BY id LIMIT %(limit)s

-- name: mark_read
-- Bodies that were read, and what was refused in them.
UPDATE notice SET read_at = given.read_at, problem = given.problem
FROM unnest(%(ids)s::bigint[], %(read_at)s::timestamptz[], %(problems)s::text[]) AS given (id, read_at, problem)
WHERE notice.id = given.id AND notice.read_at IS NULL

-- name: insert_events
-- Each event once; a registry's clock that is ahead of ours does not lengthen a window. Returns how many are new.
WITH heard AS (
INSERT INTO registry_event (registry_id, origin, external_id, kind, repository, digest, tag, media_type, occurred_at,
                            received_at, actor, user_agent, client_address, own, excluded_by)
SELECT given.registry_id, %(origin)s, given.external_id, given.kind, given.repository, given.digest, given.tag,
       given.media_type, least(given.occurred_at, given.received_at), given.received_at, given.actor, given.user_agent,
       given.client_address, given.own, given.excluded_by
FROM unnest(%(registries)s::bigint[], %(external_ids)s::text[], %(kinds)s::text[], %(repositories)s::text[],
            %(digests)s::text[], %(tags)s::text[], %(media_types)s::text[], %(occurred_at)s::timestamptz[],
            %(received_at)s::timestamptz[], %(actors)s::text[], %(user_agents)s::text[], %(client_addresses)s::text[],
            %(owns)s::boolean[], %(excluded_by)s::bigint[])
     AS given (registry_id, external_id, kind, repository, digest, tag, media_type, occurred_at, received_at, actor,
               user_agent, client_address, own, excluded_by)
ON CONFLICT (registry_id, origin, external_id) DO NOTHING
RETURNING id
), waiting AS (
    INSERT INTO waiting_event SELECT id FROM heard WHERE %(waits)s
)
SELECT count(*) FROM heard

-- name: insert_notices
-- A batch of webhook bodies; those of registries that do not exist are left out.
INSERT INTO notice (registry_id, received_at, content_type, body)
SELECT given.registry_id, given.received_at, given.content_type, given.body
FROM unnest(%(registries)s::bigint[], %(received_at)s::timestamptz[], %(content_types)s::text[], %(bodies)s::bytea[])
     WITH ORDINALITY AS given (registry_id, received_at, content_type, body, place)
WHERE EXISTS (SELECT FROM registry WHERE registry.id = given.registry_id)
ORDER BY given.place

-- name: known_registries
-- Which of these registries there are, removed ones included.
SELECT id FROM registry WHERE id = ANY(%(ids)s::bigint[])
