-- name: stacks
-- The stacks of layers of images, each once, with the images of it that were asked for.
SELECT layer_chain.id, array_agg(image.id), layer_chain.account_id,
       jsonb_path_query_array(layer_chain.layers, '$[*].diff_id'),
       layer_chain.told_base_name, layer_chain.told_base_digest
FROM image JOIN layer_chain ON layer_chain.id = image.chain_id
WHERE image.id = ANY(%(images)s::bigint[])
GROUP BY layer_chain.id

-- name: candidates
-- Stacks of some accounts with content of these keys, each with the image of it that was pushed first, and that one's
-- oldest tag. A base image that was deleted is still what was built on.
SELECT layer_chain.content_key, layer_chain.account_id, jsonb_path_query_array(layer_chain.layers, '$[*].diff_id'),
       layer_chain.told_base_name, layer_chain.told_base_digest,
       first.id, first.pushed_at, first.repository, first.digest, tag.name
FROM layer_chain
CROSS JOIN LATERAL (
    SELECT image.id, clocks.pushed_at, image.repository_id, repository.name AS repository, image.digest
    FROM image
    JOIN clocks ON clocks.image_id = image.id
    JOIN repository ON repository.id = image.repository_id
    WHERE image.chain_id = layer_chain.id
    ORDER BY clocks.pushed_at NULLS LAST, image.id LIMIT 1) AS first
LEFT JOIN LATERAL (
    SELECT tag.name, tag.set_at, 1 AS turn FROM tag
    WHERE tag.digest = first.digest AND tag.repository_id = first.repository_id
    UNION ALL
    SELECT tag.name, tag.set_at, 2 FROM index_image
    JOIN image_index ON image_index.id = index_image.index_id
    JOIN tag ON tag.digest = image_index.digest AND tag.repository_id = image_index.repository_id
    WHERE index_image.image_id = first.id
    ORDER BY turn, set_at, name LIMIT 1) AS tag ON true
WHERE layer_chain.content_key = ANY(%(keys)s::bigint[]) AND layer_chain.account_id = ANY(%(accounts)s::text[])
