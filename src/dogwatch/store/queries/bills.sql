-- name: ask
-- Manifests that were pushed or deleted, or became known: the bills of the images they are or refer to, of those behind
-- an index, and of those that a tag of theirs names, are to be looked at. Only where the registry's bills are believed.
WITH given AS (
    SELECT named.repository_id, named.digest
    FROM unnest(%(repositories)s::bigint[], %(digests)s::text[]) AS named (repository_id, digest)
    JOIN repository ON repository.id = named.repository_id
    JOIN registry ON registry.id = repository.registry_id AND registry.believes_bills
), tagged AS (
    SELECT tag.repository_id, tag.name FROM given
    JOIN tag ON tag.digest = given.digest AND tag.repository_id = given.repository_id
    UNION ALL
    SELECT named.repository_id, named.name
    FROM unnest(%(tagged_in)s::bigint[], %(tags)s::text[]) AS named (repository_id, name)
    JOIN repository ON repository.id = named.repository_id
    JOIN registry ON registry.id = repository.registry_id AND registry.believes_bills
), concerned AS (
    SELECT repository_id, digest FROM given
    UNION ALL
    SELECT given.repository_id, other_artifact.subject_digest FROM given
    JOIN other_artifact ON other_artifact.digest = given.digest AND other_artifact.repository_id = given.repository_id
    UNION ALL
    SELECT repository_id, 'sha256:' || substr(name, 8, 64) FROM tagged
    WHERE name ~ '^sha256-[0-9a-f]{64}(\.att|\.sbom)?$'
), found AS (
    SELECT image.id FROM concerned
    JOIN image ON image.digest = concerned.digest AND image.repository_id = concerned.repository_id
    UNION
    SELECT index_image.image_id FROM concerned
    JOIN image_index ON image_index.digest = concerned.digest AND image_index.repository_id = concerned.repository_id
    JOIN index_image ON index_image.index_id = image_index.id
)
INSERT INTO image_bills (image_id, due_at) SELECT id, '-infinity' FROM found ORDER BY id
ON CONFLICT (image_id) DO UPDATE SET due_at = excluded.due_at, asked = image_bills.asked + 1

-- name: ask_image
-- The bills of one image are to be looked at, where its registry's are believed.
INSERT INTO image_bills (image_id, due_at)
SELECT image.id, '-infinity'
FROM image
JOIN repository ON repository.id = image.repository_id
JOIN registry ON registry.id = repository.registry_id AND registry.believes_bills
WHERE image.id = %(image)s
ON CONFLICT (image_id) DO UPDATE SET due_at = excluded.due_at, asked = image_bills.asked + 1

-- name: ask_all
-- A registry's bills are believed from now on: every image has its turn; or not any more: those have that they add to.
INSERT INTO image_bills (image_id, due_at)
SELECT image.id, %(now)s
FROM image
JOIN repository ON repository.id = image.repository_id
JOIN registry ON registry.id = repository.registry_id
WHERE registry.id = %(registry)s AND (registry.believes_bills OR image.own_inventory_id IS NOT NULL)
ORDER BY image.id
ON CONFLICT (image_id) DO UPDATE SET due_at = excluded.due_at, asked = image_bills.asked + 1

-- name: forget_unread
-- Where bills are not believed, images that they added nothing to are done with.
DELETE FROM image_bills USING image, repository, registry
WHERE image.id = image_bills.image_id AND repository.id = image.repository_id
  AND registry.id = repository.registry_id AND registry.id = %(registry)s AND NOT registry.believes_bills
  AND image.own_inventory_id IS NULL

-- name: rest
-- What is not watched waits a day, and again, until it is.
UPDATE image_bills SET due_at = %(now)s + interval '1 day'
FROM clocks, image, repository, registry
WHERE image_bills.due_at <= %(now)s AND clocks.image_id = image_bills.image_id AND NOT clocks.watched
  AND image.id = clocks.image_id AND repository.id = image.repository_id
  AND registry.id = repository.registry_id AND registry.believes_bills

-- name: due
-- Images whose turn has come: those asked for by an event first.
SELECT image_bills.image_id
FROM image_bills JOIN image ON image.id = image_bills.image_id AND image.state = 'indexed'
WHERE image_bills.due_at <= %(now)s
ORDER BY image_bills.due_at, image_bills.image_id LIMIT %(limit)s

-- name: look
-- An image whose bills are to be looked at, with the newest indexes that name it.
SELECT image.chain_id, image.account_id, repository.registry_id, repository.name, image.digest,
       layer_chain.inventory_id, image_bills.asked, registry.believes_bills AND registry.removed_at IS NULL,
       ARRAY(SELECT image_index.digest FROM index_image JOIN image_index ON image_index.id = index_image.index_id
             WHERE index_image.image_id = image.id AND image_index.deleted_at IS NULL
             ORDER BY image_index.id DESC LIMIT %(indexes)s)
FROM image_bills
JOIN image ON image.id = image_bills.image_id AND image.state = 'indexed'
JOIN layer_chain ON layer_chain.id = image.chain_id
JOIN repository ON repository.id = image.repository_id
JOIN registry ON registry.id = repository.registry_id
WHERE image_bills.image_id = %(image)s

-- name: hold_chain
-- The inventory of a chain, which nobody replaces before the transaction ends.
SELECT inventory_id FROM layer_chain WHERE id = %(chain)s FOR NO KEY UPDATE

-- name: own
-- What an image has beside its layers.
SELECT own_inventory_id FROM image WHERE id = %(image)s

-- name: digest_of
-- The digest of an inventory.
SELECT digest FROM inventory WHERE id = %(inventory)s

-- name: insert_extension
-- An inventory that is another one and more, unless it is known: first what that has.
WITH made AS (
    INSERT INTO inventory (digest, distribution, release, pretty_name, ecosystem, recorded_at)
    SELECT %(digest)s, distribution, release, pretty_name, ecosystem, %(now)s FROM inventory WHERE id = %(base)s
    ON CONFLICT (digest) DO NOTHING RETURNING id
), sets AS (
    INSERT INTO inventory_set (inventory_id, set_id)
    SELECT made.id, set_id FROM made, inventory_set WHERE inventory_set.inventory_id = %(base)s
    UNION
    SELECT made.id, set_id FROM made, unnest(%(sets)s::bigint[]) AS more (set_id)
), told AS (
    SELECT 1 AS part, ordinal, kind, path, detail FROM gap WHERE inventory_id = %(base)s
    UNION ALL
    SELECT 2, more.* FROM unnest(%(ordinals)s::int[], %(kinds)s::text[], %(paths)s::text[], %(details)s::text[]) AS more
), gaps AS (
    INSERT INTO gap (inventory_id, ordinal, kind, path, detail)
    SELECT made.id, row_number() OVER (ORDER BY told.part, told.ordinal) - 1, told.kind, told.path, told.detail
    FROM made, told
)
SELECT id FROM made

-- name: give
-- What an image has beside its layers.
UPDATE image SET own_inventory_id = %(own)s WHERE id = %(image)s AND own_inventory_id IS DISTINCT FROM %(own)s

-- name: finish
-- A look came to an end; the next one has its time, or waits already.
UPDATE image_bills
SET looked_at = %(now)s, failures = 0, listed = %(listed)s,
    due_at = CASE WHEN asked = %(asked)s THEN %(next_at)s ELSE due_at END
WHERE image_id = %(image)s

-- name: fail
-- A look came to no end: the next one comes after a pause. Returns how many in a row did not.
UPDATE image_bills
SET failures = failures + 1,
    due_at = %(now)s + (%(pauses)s::interval[])[least(failures + 1, cardinality(%(pauses)s::interval[]))]
WHERE image_id = %(image)s
RETURNING failures

-- name: forget
-- Nobody wants to know any more.
DELETE FROM image_bills WHERE image_id = %(image)s

-- name: listed
-- Which bills name which packages of images.
SELECT image_id, listed FROM image_bills WHERE image_id = ANY(%(images)s::bigint[]) AND listed IS NOT NULL
