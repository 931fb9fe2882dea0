-- name: repository
-- A repository of a registry that is watched.
SELECT repository.id
FROM repository JOIN registry ON registry.id = repository.registry_id AND registry.removed_at IS NULL
WHERE repository.account_id = %(account)s AND registry.alias = %(alias)s AND repository.name = %(name)s

-- name: save_policy
-- A repository has one policy.
INSERT INTO lifecycle_policy (repository_id, text, set_at) VALUES (%(repository)s, %(text)s, %(now)s)
ON CONFLICT (repository_id) DO UPDATE SET text = excluded.text, set_at = excluded.set_at

-- name: policies
-- The policies of an account's watched registries, with their last evaluation.
SELECT registry.alias, repository.name, lifecycle_policy.text, lifecycle_policy.set_at, evaluation.evaluated_at,
       coalesce(evaluation.problem, ''), told.going, told.spared
FROM lifecycle_policy
JOIN repository ON repository.id = lifecycle_policy.repository_id
JOIN registry ON registry.id = repository.registry_id AND registry.removed_at IS NULL
LEFT JOIN lifecycle_evaluation evaluation ON evaluation.repository_id = repository.id AND evaluation.kind = 'daily'
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE verdict = 'goes') AS going, count(*) FILTER (WHERE verdict IN ('in use', 'held')) AS spared
    FROM lifecycle_outcome WHERE evaluation_id = evaluation.id) told
WHERE repository.account_id = %(account)s AND repository.id = coalesce(%(repository)s, repository.id)
ORDER BY registry.alias, repository.name

-- name: own_policy
-- Be alone with a policy while it is evaluated.
SELECT text FROM lifecycle_policy WHERE repository_id = %(repository)s FOR UPDATE

-- name: due
-- Policies of watched registries that were last evaluated before a moment, or never.
SELECT lifecycle_policy.repository_id
FROM lifecycle_policy
JOIN repository ON repository.id = lifecycle_policy.repository_id
JOIN registry ON registry.id = repository.registry_id AND registry.removed_at IS NULL
LEFT JOIN lifecycle_evaluation evaluation ON evaluation.repository_id = repository.id AND evaluation.kind = 'daily'
WHERE evaluation.evaluated_at IS NULL OR evaluation.evaluated_at < %(before)s
ORDER BY 1

-- name: delete_policy
-- What was proposed because of it goes with it.
WITH gone AS (
    DELETE FROM lifecycle_evaluation WHERE repository_id = %(repository)s AND kind = 'daily'
)
DELETE FROM lifecycle_policy WHERE repository_id = %(repository)s

-- name: manifests
-- What lifecycle rules are about: the images and image indexes of a repository, and what else has a tag and belongs to
-- nothing (a chart). An index is as old as its own push, was pulled when it or one of its images was, and in use, or held,
-- when one of them was; it is archived when all of them are. Untagged artifacts may be parts of an index, and those with a subject go where it goes.
SELECT image.digest, coalesce(tagged.names, '{}'), clocks.pushed_at, clocks.pulled_at, clocks.in_use_at,
       image.archived_at, image.restored_at, clocks.hold_until, coalesce(naming.digests, '{}')
FROM image
JOIN clocks ON clocks.image_id = image.id
LEFT JOIN LATERAL (
    SELECT array_agg(tag.name ORDER BY tag.name) AS names FROM tag
    WHERE tag.digest = image.digest AND tag.repository_id = image.repository_id) tagged ON true
LEFT JOIN LATERAL (
    SELECT array_agg(image_index.digest ORDER BY image_index.digest) AS digests
    FROM index_image JOIN image_index ON image_index.id = index_image.index_id AND image_index.deleted_at IS NULL
    WHERE index_image.image_id = image.id) naming ON true
WHERE image.repository_id = %(repository)s AND image.state <> 'deleted'
UNION ALL
SELECT other.digest, coalesce(tagged.names, '{}'), coalesce(push.at, children.pushed_at, other.seen_at),
       greatest(pull.at, children.pulled_at), children.in_use_at, children.archived_at, NULL, children.hold_until, '{}'
FROM (SELECT image_index.id AS index_id, image_index.digest, NULL::timestamptz AS seen_at
      FROM image_index WHERE image_index.repository_id = %(repository)s AND image_index.deleted_at IS NULL
      UNION ALL
      SELECT NULL, other_artifact.digest, other_artifact.seen_at
      FROM other_artifact
      WHERE other_artifact.repository_id = %(repository)s AND other_artifact.subject_digest = '') other
JOIN repository ON repository.id = %(repository)s
LEFT JOIN LATERAL (
    SELECT array_agg(tag.name ORDER BY tag.name) AS names FROM tag
    WHERE tag.digest = other.digest AND tag.repository_id = %(repository)s) tagged ON true
LEFT JOIN LATERAL (
    SELECT max(occurred_at) AS at FROM registry_event
    WHERE registry_id = repository.registry_id AND repository = repository.name AND digest = other.digest
      AND kind <> 'pulled'  -- the condition of the index
      AND kind = 'pushed' AND NOT own AND excluded_by IS NULL) push ON true
LEFT JOIN LATERAL (
    SELECT max(occurred_at) AS at FROM registry_event
    WHERE registry_id = repository.registry_id AND repository = repository.name AND digest = other.digest
      AND kind = 'pulled' AND NOT own AND excluded_by IS NULL) pull ON true
LEFT JOIN LATERAL (
    SELECT max(clocks.pushed_at) AS pushed_at, max(clocks.pulled_at) AS pulled_at, max(clocks.in_use_at) AS in_use_at,
           CASE WHEN bool_and(image.archived_at IS NOT NULL) THEN max(image.archived_at) END AS archived_at,
           max(clocks.hold_until) AS hold_until
    FROM index_image
    JOIN image ON image.id = index_image.image_id
    JOIN clocks ON clocks.image_id = image.id
    WHERE index_image.index_id = other.index_id) children ON true
WHERE other.index_id IS NOT NULL OR tagged.names IS NOT NULL

-- name: unresolved
-- Manifests that nobody knows to be images: no rule can be asked about them.
SELECT count(*) FROM unresolved_manifest
WHERE repository_id = %(repository)s AND status_reason <> 'RESOURCE_TERMINATED'

-- name: forget_evaluation
-- A new evaluation takes the place of the one before, whose outcomes go with it.
DELETE FROM lifecycle_evaluation WHERE repository_id = %(repository)s AND kind = %(kind)s

-- name: save_evaluation
-- What a policy came to.
INSERT INTO lifecycle_evaluation (repository_id, kind, text, evaluated_at, problem)
VALUES (%(repository)s, %(kind)s, %(text)s, %(now)s, %(problem)s)
RETURNING id

-- name: copy_outcomes
-- The outcomes of an evaluation.
COPY lifecycle_outcome (evaluation_id, ordinal, digest, tags, pushed_at, storage_class, verdict, rule_priority, action,
                        due_at, why) FROM STDIN

-- name: preview
-- The newest preview of a repository.
SELECT id, text, evaluated_at FROM lifecycle_evaluation WHERE repository_id = %(repository)s AND kind = 'preview'

-- name: preview_counts
-- How many images would go, by action.
SELECT action, count(*) FROM lifecycle_outcome WHERE evaluation_id = %(evaluation)s AND verdict = 'goes' GROUP BY 1

-- name: preview_page
-- A page of the images that would go; by tag, digest, and whether they have tags.
SELECT ordinal, digest, tags, pushed_at, storage_class, verdict, rule_priority, action, due_at, why
FROM lifecycle_outcome
WHERE evaluation_id = %(evaluation)s AND verdict = 'goes' AND ordinal > %(after)s
  AND (%(tagged)s::boolean IS NULL OR %(tagged)s = (tags <> '{}'))
  AND (NOT %(named)s::boolean
       OR EXISTS (SELECT FROM unnest(%(digests)s::text[], %(tags)s::text[]) AS given (digest, tag)
                  WHERE (given.digest = '' OR given.digest = lifecycle_outcome.digest)
                    AND (given.tag = '' OR given.tag = ANY(lifecycle_outcome.tags))))
ORDER BY ordinal LIMIT %(limit)s

-- name: proposals
-- What the last daily evaluation came to for images: their own outcome; that of an index where it would go, as its images
-- then follow.
SELECT DISTINCT ON (image.id) image.id, image.digest, evaluation.evaluated_at, outcome.digest, outcome.tags, outcome.pushed_at,
       outcome.storage_class, outcome.verdict, outcome.rule_priority, outcome.action, outcome.due_at, outcome.why
FROM image
JOIN lifecycle_evaluation evaluation ON evaluation.repository_id = image.repository_id AND evaluation.kind = 'daily'
CROSS JOIN LATERAL (
    SELECT image.digest, false AS is_index
    UNION ALL
    SELECT image_index.digest, true
    FROM index_image JOIN image_index ON image_index.id = index_image.index_id AND image_index.deleted_at IS NULL
    WHERE index_image.image_id = image.id) manifest
JOIN lifecycle_outcome outcome ON outcome.evaluation_id = evaluation.id AND outcome.digest = manifest.digest
                              AND (NOT manifest.is_index OR outcome.verdict = 'goes')
WHERE image.id = ANY(%(ids)s::bigint[]) AND image.state <> 'deleted'
ORDER BY image.id, outcome.verdict = 'goes' DESC, manifest.is_index, outcome.ordinal
