-- name: insert_account
-- Make an account unless it exists.
INSERT INTO account (id, activated_at) VALUES (%(account)s, %(activated_at)s) ON CONFLICT DO NOTHING

-- name: insert_setting
-- Record a change of windows.
INSERT INTO rescan_setting (account_id, push_window, activity_window, activity_mode, status, requested_at, applied_at,
                            inherited_from, wakes)
VALUES (%(account)s, %(push)s, %(activity)s, %(mode)s, %(status)s, %(at)s,
        CASE WHEN %(status)s = 'SUCCESS' THEN %(at)s::timestamptz END, %(inherited_from)s, %(wakes)s)
RETURNING id

-- name: setting_in_force
-- The windows that deadlines are computed by.
SELECT push_window, activity_window, activity_mode, status, coalesce(applied_at, requested_at), coalesce(inherited_from, '')
FROM rescan_setting
WHERE account_id = %(account)s AND registry_id IS NULL AND status = 'SUCCESS'
ORDER BY id DESC LIMIT 1

-- name: setting_to_change
-- What a partial change starts from.
SELECT push_window, activity_window, activity_mode, status, coalesce(applied_at, requested_at), coalesce(inherited_from, '')
FROM rescan_setting
WHERE account_id = %(account)s AND registry_id IS NULL AND status IN ('SUCCESS', 'PENDING')
ORDER BY id DESC LIMIT 1

-- name: newest_setting
-- What a caller sees: the newest change, with how far it has come.
SELECT push_window, activity_window, activity_mode, status, coalesce(applied_at, requested_at), coalesce(inherited_from, '')
FROM rescan_setting
WHERE account_id = %(account)s AND registry_id IS NULL
ORDER BY id DESC LIMIT 1

-- name: inheriting
-- Accounts whose newest change, applied or waiting, was taken over from another account.
SELECT account_id
FROM (SELECT DISTINCT ON (account_id) account_id, inherited_from FROM rescan_setting
      WHERE registry_id IS NULL AND status IN ('SUCCESS', 'PENDING')
      ORDER BY account_id, id DESC) AS newest
WHERE inherited_from = %(account)s
ORDER BY account_id

-- name: supersede_pending
-- A newer change was asked for; one that is being applied right now is left to end as it does.
UPDATE rescan_setting SET status = 'SUPERSEDED'
WHERE id IN (SELECT id FROM rescan_setting
             WHERE account_id = %(account)s AND registry_id IS NULL AND status = 'PENDING' AND id < %(setting)s
             FOR UPDATE SKIP LOCKED)

-- name: pending_settings
-- Changes of windows that wait to be applied.
SELECT id FROM rescan_setting WHERE status = 'PENDING' ORDER BY id

-- name: setting_account
-- Whose change of windows it is.
SELECT account_id FROM rescan_setting WHERE id = %(setting)s

-- name: lock_setting
-- One change of windows: how far it has come, whose it is, whether it wakes images, and whether a newer one of the same
-- scope is in force or waits.
SELECT status, registry_id, pattern, wakes,
       EXISTS (SELECT FROM rescan_setting newer
               WHERE newer.account_id = rescan_setting.account_id AND newer.id > rescan_setting.id
                 AND newer.registry_id IS NOT DISTINCT FROM rescan_setting.registry_id
                 AND newer.pattern = rescan_setting.pattern
                 AND newer.status IN ('SUCCESS', 'PENDING'))
FROM rescan_setting WHERE id = %(setting)s FOR UPDATE

-- name: finish_setting
-- How far a change of windows came.
UPDATE rescan_setting SET status = %(status)s, applied_at = %(now)s, problem = %(problem)s
WHERE id = %(setting)s AND status = 'PENDING'
