-- name: image
-- One image of an account, with its layers, its newest inventory, and which bills name what of it.
SELECT registry.url, repository.name AS repository, image.digest, image.os, image.architecture, image.variant,
       image.problem, layer_chain.layers, layer_chain.provenance, image_bills.listed,
       coalesce(image.own_inventory_id, layer_chain.inventory_id) AS inventory_id,
       coalesce(inventory.distribution, '') AS distribution, coalesce(inventory.release, '') AS release,
       coalesce(inventory.pretty_name, '') AS pretty_name, coalesce(inventory.ecosystem, '') AS ecosystem
FROM image
JOIN repository ON repository.id = image.repository_id
JOIN registry ON registry.id = repository.registry_id
JOIN layer_chain ON layer_chain.id = image.chain_id
LEFT JOIN inventory ON inventory.id = layer_chain.inventory_id
LEFT JOIN image_bills ON image_bills.image_id = image.id
WHERE image.id = %(image)s AND image.account_id = %(account)s

-- name: gaps
-- What could not be seen, in order.
SELECT kind, path, detail FROM gap WHERE inventory_id = %(inventory)s ORDER BY ordinal

-- name: packages
-- Every package of an inventory once, whichever sets hold it.
SELECT package.id, package.ecosystem, package.name, package.version, package.arch, package.source_name,
       package.source_version, package.module, package.vendor
FROM package
WHERE package.id IN (SELECT set_package.package_id
                     FROM inventory_set JOIN set_package ON set_package.set_id = inventory_set.set_id
                     WHERE inventory_set.inventory_id = %(inventory)s)
