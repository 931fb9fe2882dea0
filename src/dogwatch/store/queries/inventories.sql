-- name: insert_inventory
-- An inventory, unless one with the same content is known.
INSERT INTO inventory (digest, distribution, release, pretty_name, ecosystem, recorded_at)
VALUES (%(digest)s, %(distribution)s, %(release)s, %(pretty_name)s, %(ecosystem)s, %(now)s)
ON CONFLICT (digest) DO NOTHING RETURNING id

-- name: known_inventory
-- The id of a known inventory.
SELECT id FROM inventory WHERE digest = %(digest)s

-- name: insert_inventory_sets
-- The sets of a new inventory.
INSERT INTO inventory_set (inventory_id, set_id) SELECT %(inventory)s, unnest(%(sets)s::bigint[])

-- name: insert_gaps
-- The gaps of a new inventory, in order.
INSERT INTO gap (inventory_id, ordinal, kind, path, detail)
SELECT %(inventory)s, one.* FROM unnest(%(ordinals)s::int[], %(kinds)s::text[], %(paths)s::text[], %(details)s::text[]) AS one

-- name: save_provenance
-- Where each package of a chain's inventory stands.
UPDATE layer_chain SET provenance = %(provenance)s WHERE id = %(chain)s

-- name: load_provenance
-- The provenance of the chains of these images, with the chains' layers and distribution; once for all images of a chain.
SELECT layer_chain.id, array_agg(image.id), layer_chain.account_id, layer_chain.layers, layer_chain.provenance,
       layer_chain.told_base_name, layer_chain.told_base_digest, inventory.distribution, inventory.release
FROM image
JOIN layer_chain ON layer_chain.id = image.chain_id
LEFT JOIN inventory ON inventory.id = layer_chain.inventory_id
WHERE image.id = ANY(%(images)s::bigint[])
GROUP BY layer_chain.id, inventory.id
