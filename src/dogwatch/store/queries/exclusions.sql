-- name: lock_account
-- One change of an account's list at a time, so that its length can be counted.
SELECT FROM account WHERE id = %(account)s FOR NO KEY UPDATE

-- name: list
-- The account's list.
SELECT id, kind, pattern, reason, added_at, added_by FROM exclusion
WHERE account_id = %(account)s AND removed_at IS NULL ORDER BY id

-- name: add
-- One entry more.
INSERT INTO exclusion (account_id, kind, pattern, reason, added_at, added_by)
VALUES (%(account)s, %(kind)s, %(pattern)s, %(reason)s, %(now)s, %(by)s)
RETURNING id, kind, pattern, reason, added_at, added_by

-- name: remove
-- An entry ends; events that it kept from moving clocks go on naming it.
UPDATE exclusion SET removed_at = %(now)s, removed_by = %(by)s
WHERE id = %(id)s AND account_id = %(account)s AND removed_at IS NULL

-- name: of_registries
-- What was on the lists of registries' accounts at any moment since one: with when each entry ended.
SELECT registry.id, exclusion.removed_at, exclusion.id, exclusion.kind, exclusion.pattern, exclusion.reason,
       exclusion.added_at, exclusion.added_by
FROM registry JOIN exclusion ON exclusion.account_id = registry.account_id
WHERE registry.id = ANY(%(registries)s::bigint[])
  AND (exclusion.removed_at IS NULL OR exclusion.removed_at > %(since)s)
