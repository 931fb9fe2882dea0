-- name: find_registry
-- The registry that a scope names.
SELECT id FROM registry WHERE account_id = %(account)s AND alias = %(alias)s AND removed_at IS NULL

-- name: insert_override
-- Record a change of one scope's windows.
INSERT INTO rescan_setting (account_id, registry_id, pattern, push_window, activity_window, activity_mode, status,
                            requested_at, wakes)
VALUES (%(account)s, %(registry)s, %(pattern)s, %(push)s, %(activity)s, %(mode)s, 'PENDING', %(at)s, %(wakes)s)
RETURNING id

-- name: overrides
-- The newest change of each scope of an account, among those of some statuses.
SELECT setting.id, registry.alias, setting.pattern, setting.push_window, setting.activity_window,
       setting.activity_mode, setting.status, setting.at
FROM (SELECT DISTINCT ON (registry_id, pattern)
             id, registry_id, pattern, push_window, activity_window, activity_mode, status,
             coalesce(applied_at, requested_at) AS at
      FROM rescan_setting
      WHERE account_id = %(account)s AND registry_id IS NOT NULL AND status = ANY(%(statuses)s)
      ORDER BY registry_id, pattern, id DESC) AS setting
JOIN registry ON registry.id = setting.registry_id AND registry.removed_at IS NULL
ORDER BY registry.alias, setting.pattern

-- name: supersede_pending
-- A newer change of a scope was asked for; one that is being applied right now is left to end as it does.
UPDATE rescan_setting SET status = 'SUPERSEDED'
WHERE id IN (SELECT id FROM rescan_setting
             WHERE registry_id = %(registry)s AND pattern = %(pattern)s AND status = 'PENDING' AND id < %(setting)s
             FOR UPDATE SKIP LOCKED)

-- name: repositories
-- The repositories of an account's watched registries, and where their windows come from.
SELECT repository.id, registry.alias, repository.name,
       repository.push_from, repository.activity_from, repository.mode_from
FROM repository JOIN registry ON registry.id = repository.registry_id AND registry.removed_at IS NULL
WHERE repository.account_id = %(account)s

-- name: some_repositories
-- The same for some of them.
SELECT repository.id, registry.alias, repository.name,
       repository.push_from, repository.activity_from, repository.mode_from
FROM repository JOIN registry ON registry.id = repository.registry_id AND registry.removed_at IS NULL
WHERE repository.id = ANY(%(ids)s::bigint[])

-- name: save_origins
-- Where the windows of repositories come from now.
UPDATE repository
SET push_from = given.push_from, activity_from = given.activity_from, mode_from = given.mode_from
FROM unnest(%(ids)s::bigint[], %(push)s::bigint[], %(activity)s::bigint[], %(mode)s::bigint[])
     AS given (id, push_from, activity_from, mode_from)
WHERE repository.id = given.id

-- name: windows
-- The windows that deadlines of repositories' images are computed by, and where they come from.
SELECT repository_id, registry.alias, name, push_window, activity_window, activity_mode,
       push_pattern, activity_pattern, mode_pattern
FROM repository_windows JOIN registry ON registry.id = registry_id
WHERE repository_id = ANY(%(ids)s::bigint[])
