-- name: save_chain
-- A stack of layers, once per account; held, so that an inventory is not attached while an image of it is made known.
INSERT INTO layer_chain (account_id, digest, layers, content_key, told_base_name, told_base_digest)
VALUES (%(account)s, %(digest)s, %(layers)s, %(content)s, %(told_name)s, %(told_digest)s)
ON CONFLICT (account_id, digest) DO UPDATE SET
    told_base_name = CASE WHEN layer_chain.told_base_name || layer_chain.told_base_digest = ''
                          THEN excluded.told_base_name ELSE layer_chain.told_base_name END,
    told_base_digest = CASE WHEN layer_chain.told_base_name || layer_chain.told_base_digest = ''
                            THEN excluded.told_base_digest ELSE layer_chain.told_base_digest END
RETURNING id

-- name: insert_image
-- An image; what the chain's inventory knows, it knows at once.
INSERT INTO image (account_id, repository_id, digest, media_type, size_bytes, os, architecture, variant, author,
                   created_at, chain_id, state, indexed_at)
SELECT %(account)s, %(repository)s, %(digest)s, %(media_type)s, %(size_bytes)s, %(os)s, %(architecture)s, %(variant)s,
       %(author)s, %(created_at)s, layer_chain.id,
       CASE WHEN layer_chain.inventory_id IS NULL THEN 'pending' ELSE 'indexed' END,
       CASE WHEN layer_chain.inventory_id IS NOT NULL THEN %(now)s::timestamptz END
FROM layer_chain
WHERE layer_chain.id = %(chain)s
  AND NOT EXISTS (SELECT FROM image known
                  WHERE known.digest = %(digest)s AND known.repository_id = %(repository)s)
ON CONFLICT (digest, repository_id) DO NOTHING

-- name: find_image
-- The image of a digest in a repository.
SELECT id FROM image WHERE digest = %(digest)s AND repository_id = %(repository)s

-- name: insert_clocks
-- Clocks that nothing has moved yet.
INSERT INTO clocks (image_id, repository_id, watched) VALUES (%(image)s, %(repository)s, false) ON CONFLICT DO NOTHING

-- name: save_index
-- An index; whether it is deleted is read from its history.
INSERT INTO image_index (account_id, repository_id, digest, media_type)
VALUES (%(account)s, %(repository)s, %(digest)s, %(media_type)s)
ON CONFLICT (digest, repository_id) DO UPDATE SET media_type = excluded.media_type
RETURNING id

-- name: link_index
-- The images behind an index, and the children that were not there.
WITH linked AS (
    INSERT INTO index_image (index_id, image_id)
    SELECT %(index)s, image_id FROM unnest(%(images)s::bigint[]) AS given (image_id)
    ON CONFLICT DO NOTHING
)
INSERT INTO missing_child (index_id, digest)
SELECT DISTINCT %(index)s::bigint, digest FROM unnest(%(missing)s::text[]) AS given (digest)
ON CONFLICT DO NOTHING

-- name: link_waiting_indexes
-- An image that an index named before it was there.
WITH found AS (
    DELETE FROM missing_child USING image_index
    WHERE missing_child.digest = %(digest)s AND image_index.id = missing_child.index_id
      AND image_index.repository_id = %(repository)s
    RETURNING missing_child.index_id
)
INSERT INTO index_image (index_id, image_id) SELECT index_id, %(image)s FROM found ON CONFLICT DO NOTHING

-- name: save_other
-- A manifest that is no image.
INSERT INTO other_artifact (repository_id, digest, media_type, artifact_type, subject_digest, seen_at)
VALUES (%(repository)s, %(digest)s, %(media_type)s, %(artifact_type)s, %(subject)s, %(now)s)
ON CONFLICT DO NOTHING

-- name: save_unresolved
-- A manifest that could not be resolved, how often, and why the last time.
INSERT INTO unresolved_manifest (repository_id, digest, status_reason, problem, attempts, tried_at)
VALUES (%(repository)s, %(digest)s, %(reason)s, %(problem)s, 1, %(now)s)
ON CONFLICT (digest, repository_id) DO UPDATE
SET status_reason = excluded.status_reason, problem = excluded.problem, tried_at = excluded.tried_at,
    attempts = unresolved_manifest.attempts + 1

-- name: forget_unresolved
-- They are known after all.
DELETE FROM unresolved_manifest WHERE repository_id = %(repository)s AND digest = ANY(%(digests)s::text[])

-- name: watched_without_inventory
-- Of these images, those that have to be read.
SELECT image.id FROM image JOIN clocks ON clocks.image_id = image.id
WHERE image.id = ANY(%(ids)s::bigint[]) AND image.state = 'pending' AND clocks.watched
ORDER BY image.id

-- name: to_index
-- An image that is watched and whose chain has no inventory by these extractors.
SELECT layer_chain.id, image.account_id, repository.registry_id, repository.name, image.digest, image.os,
       image.architecture, image.variant, layer_chain.layers
FROM image
JOIN clocks ON clocks.image_id = image.id AND clocks.watched
JOIN repository ON repository.id = image.repository_id
JOIN layer_chain ON layer_chain.id = image.chain_id
WHERE image.id = %(image)s AND image.state <> 'deleted'
  AND (layer_chain.inventory_id IS NULL OR layer_chain.fingerprint <> %(fingerprint)s)

-- name: waiting
-- Watched images that were never read; then those that could not be read and whose turn has come. What failed is tried
-- again after a pause, or by other extractors than those that failed.
WITH resting AS (
    SELECT image_id FROM index_failure
    WHERE fingerprint = %(fingerprint)s
      AND (status_reason <> ALL(%(retried)s::text[])
           OR tried_at + (%(pauses)s::interval[])[least(attempts, cardinality(%(pauses)s::interval[]))] > %(now)s)
)
(SELECT image.id, 1 AS turn FROM image JOIN clocks ON clocks.image_id = image.id AND clocks.watched
 WHERE image.state = 'pending' ORDER BY image.id LIMIT %(limit)s)
UNION ALL
(SELECT image.id, 2 FROM image JOIN clocks ON clocks.image_id = image.id AND clocks.watched
 WHERE image.state = 'failed' AND image.id NOT IN (SELECT image_id FROM resting) ORDER BY image.id LIMIT %(limit)s)
ORDER BY turn, id LIMIT %(limit)s

-- name: to_reread
-- A watched image of each chain that other extractors read: chains of most watched images first, then those pulled last.
WITH resting AS (
    SELECT image_id FROM index_failure
    WHERE fingerprint = %(fingerprint)s
      AND (status_reason <> ALL(%(retried)s::text[])
           OR tried_at + (%(pauses)s::interval[])[least(attempts, cardinality(%(pauses)s::interval[]))] > %(now)s)
)
SELECT min(image.id)
FROM (SELECT id FROM layer_chain WHERE fingerprint < %(fingerprint)s AND inventory_id IS NOT NULL
      UNION ALL
      SELECT id FROM layer_chain WHERE fingerprint > %(fingerprint)s AND inventory_id IS NOT NULL) AS older
JOIN image ON image.chain_id = older.id AND image.state = 'indexed'
JOIN clocks ON clocks.image_id = image.id AND clocks.watched
GROUP BY older.id
HAVING min(image.id) NOT IN (SELECT image_id FROM resting)
ORDER BY count(*) DESC, max(clocks.pulled_at) DESC NULLS LAST, older.id LIMIT %(limit)s

-- name: evidence
-- What was read of layers, by this account: with these extractors, or else what was read last.
SELECT DISTINCT ON (kept.digest, kept.diff_id) kept.digest, kept.diff_id, kept.fingerprint, kept.evidence
FROM unnest(%(digests)s::text[], %(diff_ids)s::text[]) AS given (digest, diff_id)
JOIN layer_evidence kept ON kept.account_id = %(account)s AND kept.digest = given.digest
                        AND kept.diff_id = given.diff_id
ORDER BY kept.digest, kept.diff_id, kept.fingerprint = %(fingerprint)s DESC, kept.read_at DESC

-- name: adopt_evidence
-- The reading of a layer in which other extractors find the same.
UPDATE layer_evidence SET fingerprint = %(fingerprint)s
WHERE account_id = %(account)s AND digest = %(digest)s AND diff_id = %(diff_id)s AND fingerprint = %(made_by)s
  AND NOT EXISTS (SELECT FROM layer_evidence own
                  WHERE own.account_id = %(account)s AND own.digest = %(digest)s AND own.diff_id = %(diff_id)s
                    AND own.fingerprint = %(fingerprint)s)

-- name: save_evidence
-- The reading of a layer, kept under content and code version. What others read of it a month ago, nobody needs: by then
-- no program of the other version is at work beside this one.
WITH past AS (
    DELETE FROM layer_evidence
    WHERE account_id = %(account)s AND digest = %(digest)s AND diff_id = %(diff_id)s
      AND fingerprint <> %(fingerprint)s AND read_at < %(now)s::timestamptz - interval '30 days'
)
INSERT INTO layer_evidence (account_id, digest, diff_id, fingerprint, evidence, read_at)
VALUES (%(account)s, %(digest)s, %(diff_id)s, %(fingerprint)s, %(evidence)s, %(now)s)
ON CONFLICT DO NOTHING

-- name: record_failure
-- An image that could not be read, how often by these extractors, and why the last time.
WITH failure AS (
    INSERT INTO index_failure (image_id, fingerprint, status_reason, attempts, tried_at)
    VALUES (%(image)s, %(fingerprint)s, %(reason)s, 1, %(now)s)
    ON CONFLICT (image_id) DO UPDATE
    SET fingerprint = excluded.fingerprint, status_reason = excluded.status_reason, tried_at = excluded.tried_at,
        attempts = CASE WHEN index_failure.fingerprint = excluded.fingerprint THEN index_failure.attempts + 1 ELSE 1 END
)
UPDATE image SET state = 'failed', status_reason = %(reason)s, problem = %(problem)s
WHERE id = %(image)s AND state IN ('pending', 'failed')

-- name: record_delay
-- Why an image is not read yet.
UPDATE image SET problem = %(problem)s WHERE id = %(image)s AND state = 'pending'
