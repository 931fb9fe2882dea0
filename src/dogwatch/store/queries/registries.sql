-- name: insert
-- Add a registry; no row where the alias is taken.
INSERT INTO registry (account_id, alias, kind, region, url, username, password_file, password_variable, ca_file,
                      hook_secret_digest, added_at, look_back, believes_bills)
VALUES (%(account)s, %(alias)s, %(kind)s, %(region)s, %(url)s, %(username)s, %(password_file)s, %(password_variable)s,
        %(ca_file)s, %(secret)s, %(now)s, %(look_back)s, %(believes_bills)s)
ON CONFLICT (account_id, alias) WHERE removed_at IS NULL DO NOTHING
RETURNING id

-- name: load
-- One registry by id.
SELECT id, account_id, alias, kind, region, url, username, password_file, password_variable, ca_file, added_at, look_back,
       believes_bills
FROM registry WHERE id = %(registry)s AND removed_at IS NULL

-- name: find
-- One registry by alias.
SELECT id, account_id, alias, kind, region, url, username, password_file, password_variable, ca_file, added_at, look_back,
       believes_bills
FROM registry WHERE account_id = %(account)s AND alias = %(alias)s AND removed_at IS NULL

-- name: load_all
-- Every registry, for the schedule.
SELECT id, account_id, alias, kind, region, url, username, password_file, password_variable, ca_file, added_at, look_back,
       believes_bills
FROM registry WHERE removed_at IS NULL ORDER BY id

-- name: list
-- The registries of an account.
SELECT id, account_id, alias, kind, region, url, username, password_file, password_variable, ca_file, added_at, look_back,
       believes_bills
FROM registry WHERE account_id = %(account)s AND removed_at IS NULL ORDER BY id

-- name: move
-- The same registry answers at another address from now on.
UPDATE registry SET url = %(url)s WHERE account_id = %(account)s AND alias = %(alias)s AND removed_at IS NULL

-- name: believe_bills
-- Whether bills that are attached to a registry's images count, from now on.
UPDATE registry SET believes_bills = %(believes_bills)s
WHERE account_id = %(account)s AND alias = %(alias)s AND removed_at IS NULL
RETURNING id

-- name: remove
-- Free the alias; events and polls of the registry no longer count.
UPDATE registry SET removed_at = %(now)s WHERE id = %(registry)s AND removed_at IS NULL

-- name: end_all
-- Monitoring of all images of a registry ends; what was over already ended at its own deadline.
WITH closed AS (
    UPDATE clocks SET watched = false
    FROM image, repository
    WHERE image.id = clocks.image_id AND repository.id = image.repository_id
      AND repository.registry_id = %(registry)s AND clocks.watched
    RETURNING clocks.image_id, clocks.watched_until, clocks.held_by
)
UPDATE monitoring
SET to_at = greatest(from_at, CASE WHEN closed.watched_until < %(now)s
                                   THEN closed.watched_until + interval '1 microsecond' ELSE %(now)s END),
    end_reason = CASE WHEN closed.watched_until < %(now)s
                      THEN 'monitoring ended: both windows are over'
                      ELSE 'monitoring ended: the registry was removed' END,
    held_by = closed.held_by
FROM closed
WHERE monitoring.image_id = closed.image_id AND monitoring.to_at = '9999-12-31Z'

-- name: record_poll
-- When a poll ended, and what it could not see.
UPDATE registry
SET polled_at = CASE WHEN %(problem)s = '' THEN %(at)s::timestamptz ELSE polled_at END, poll_problem = %(problem)s
WHERE id = %(registry)s

-- name: hook_digests
-- All webhook secrets' digests.
SELECT account_id, alias, id, hook_secret_digest FROM registry WHERE removed_at IS NULL
