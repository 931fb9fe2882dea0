-- name: load
-- An account's rules that are in force, those that wait, and why the newest change failed.
SELECT scan_type, rules, wanted, problem FROM scanning_configuration WHERE account_id = %(account)s

-- name: save
-- The rules that are asked for; a newer change takes the place of one that waits.
INSERT INTO scanning_configuration (account_id, scan_type, rules, set_at, wanted)
VALUES (%(account)s, 'ENHANCED', '[]', %(now)s, %(wanted)s)
ON CONFLICT (account_id) DO UPDATE SET wanted = excluded.wanted, set_at = excluded.set_at, problem = ''

-- name: settle
-- What was applied is in force. What was asked for meanwhile goes on waiting.
UPDATE scanning_configuration
SET scan_type = %(scan_type)s, rules = %(rules)s, problem = '',
    wanted = CASE WHEN wanted IS DISTINCT FROM %(wanted)s THEN wanted END
WHERE account_id = %(account)s

-- name: give_up
-- Rules that could not be applied no longer wait; those before stay in force.
UPDATE scanning_configuration SET wanted = NULL, problem = %(problem)s
WHERE account_id = %(account)s AND wanted IS NOT NULL

-- name: is_account
-- Whether there is such an account.
SELECT FROM account WHERE id = %(account)s

-- name: pending
-- Accounts with rules, or a switch, that wait to be applied.
SELECT account_id FROM scanning_configuration WHERE wanted IS NOT NULL
UNION
SELECT id FROM account WHERE switch IS NOT NULL
ORDER BY 1

-- name: switch
-- Whether an account is scanned, as applied, and what waits.
SELECT is_scanned, switch, switched_at, switch_problem FROM account WHERE id = %(account)s

-- name: save_switch
-- An account is to be switched on or off; nothing waits where it is so already.
UPDATE account
SET switch = CASE WHEN switch IS NULL AND is_scanned = %(on)s THEN NULL
                  WHEN %(on)s THEN 'ENABLING' ELSE 'DISABLING' END,
    switched_at = CASE WHEN coalesce(switch = 'ENABLING', is_scanned) = %(on)s THEN switched_at
                       ELSE %(now)s::timestamptz END,
    switch_problem = ''
WHERE id = %(account)s
RETURNING is_scanned, switch, switched_at, switch_problem

-- name: settle_switch
-- What was applied is in force. What was asked for meanwhile goes on waiting.
UPDATE account
SET is_scanned = %(on)s, switch_problem = '', switch = CASE WHEN switch IS DISTINCT FROM %(switch)s THEN switch END
WHERE id = %(account)s

-- name: give_up_switch
-- A switch that could not be applied no longer waits.
UPDATE account SET switch = NULL, switch_problem = %(problem)s WHERE id = %(account)s AND switch IS NOT NULL

-- name: repositories
-- The repositories of an account's watched registries.
SELECT repository.id, repository.name, repository.scan_frequency
FROM repository JOIN registry ON registry.id = repository.registry_id AND registry.removed_at IS NULL
WHERE repository.account_id = %(account)s

-- name: some_repositories
-- The same for some of them.
SELECT id, name, scan_frequency FROM repository WHERE id = ANY(%(ids)s::bigint[])

-- name: save_frequencies
-- How often repositories are scanned from now on.
UPDATE repository SET scan_frequency = given.frequency
FROM unnest(%(ids)s::bigint[], %(frequencies)s::text[]) AS given (id, frequency)
WHERE repository.id = given.id

-- name: switch_off
-- Monitoring of all images of repositories ends.
WITH ended AS (
    UPDATE clocks SET watched = false FROM image
    WHERE image.repository_id = ANY(%(ids)s::bigint[]) AND clocks.image_id = image.id AND clocks.watched
    RETURNING clocks.image_id, clocks.held_by
)
UPDATE monitoring
SET to_at = greatest(from_at, %(now)s), end_reason = %(reason)s,
    held_by = ended.held_by
FROM ended
WHERE monitoring.image_id = ended.image_id AND monitoring.to_at = '9999-12-31Z'

-- name: switch_on
-- Images of repositories that are scanned again: what is inside its windows is watched, unless forgotten by hand.
UPDATE clocks SET watched = true
FROM image
JOIN repository ON repository.id = image.repository_id
JOIN registry ON registry.id = repository.registry_id
WHERE image.repository_id = ANY(%(ids)s::bigint[]) AND image.state <> 'deleted' AND image.archived_at IS NULL
  AND clocks.image_id = image.id AND NOT clocks.watched AND clocks.watched_until >= %(now)s
  -- What was outside the look-back when its registry was added waits for an event.
  AND NOT (coalesce(clocks.pushed_at < look_back_since(registry.added_at, registry.look_back), false)
           AND NOT EXISTS (SELECT FROM monitoring WHERE monitoring.image_id = image.id))
  AND (SELECT last.end_reason FROM monitoring last WHERE last.image_id = image.id ORDER BY last.id DESC LIMIT 1)
      IS DISTINCT FROM 'monitoring ended: forgotten by hand, until the next event'
RETURNING clocks.image_id

-- name: change_freezing
-- Open intervals go on frozen at the newest revision (scan on push), or no longer frozen.
WITH ended AS (
    UPDATE monitoring SET to_at = greatest(from_at, %(now)s), end_reason = 'scan frequency changed'
    FROM image JOIN repository ON repository.id = image.repository_id
    WHERE image.repository_id = ANY(%(ids)s::bigint[]) AND monitoring.image_id = image.id
      AND monitoring.to_at = '9999-12-31Z' AND monitoring.inventory_id IS NOT NULL
      AND (monitoring.frozen_revision IS NOT NULL) <> (repository.scan_frequency = 'SCAN_ON_PUSH')
    RETURNING monitoring.image_id, monitoring.repository_id, monitoring.inventory_id, monitoring.to_at,
              monitoring.frozen_revision IS NULL AS freezes
)
INSERT INTO monitoring (image_id, repository_id, inventory_id, from_at, begin_reason, frozen_revision)
SELECT image_id, repository_id, inventory_id, to_at, 'scan frequency changed',
       CASE WHEN freezes THEN (SELECT coalesce(max(id), 0) FROM revision) END
FROM ended
