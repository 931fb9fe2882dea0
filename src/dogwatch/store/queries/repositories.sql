-- name: account_of
-- Whose registry it is, unless it is removed.
SELECT account_id FROM registry WHERE id = %(registry)s AND removed_at IS NULL

-- name: insert
-- Make repositories known. Looked up first: a conflict would still use up a number.
INSERT INTO repository (account_id, registry_id, name)
SELECT registry.account_id, registry.id, given.name
FROM unnest(%(registries)s::bigint[], %(names)s::text[]) AS given (registry_id, name)
JOIN registry ON registry.id = given.registry_id AND registry.removed_at IS NULL
WHERE NOT EXISTS (SELECT FROM repository known WHERE known.registry_id = given.registry_id AND known.name = given.name)
ORDER BY registry.id, given.name
ON CONFLICT (registry_id, name) DO NOTHING
RETURNING account_id, id

-- name: find
-- Repositories of registries that are watched.
SELECT repository.registry_id, repository.name, repository.id
FROM unnest(%(registries)s::bigint[], %(names)s::text[]) AS given (registry_id, name)
JOIN repository ON repository.registry_id = given.registry_id AND repository.name = given.name
JOIN registry ON registry.id = repository.registry_id AND registry.removed_at IS NULL

-- name: own
-- Be alone with repositories; rows that refer to them may still come.
SELECT FROM repository WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE

-- name: share
-- Keep others from being alone with repositories.
SELECT FROM repository WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR SHARE
