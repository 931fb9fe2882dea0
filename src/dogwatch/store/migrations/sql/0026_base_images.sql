-- What an image was built on: found by the content of its oldest layers, and told by itself.
ALTER TABLE layer_chain
    ADD COLUMN content_key bigint,                         -- of the diff IDs, see store.layers; NULL without layers
    ADD COLUMN told_base_name text NOT NULL DEFAULT '',    -- what an image of this stack says of its base
    ADD COLUMN told_base_digest text NOT NULL DEFAULT '';

WITH RECURSIVE step (id, depth, chain) AS (
    SELECT id, 1, layers -> 0 ->> 'diff_id' FROM layer_chain WHERE jsonb_array_length(layers) > 0
    UNION ALL
    SELECT step.id, step.depth + 1,
           'sha256:' || encode(sha256(convert_to(step.chain || ' ' || (layer_chain.layers -> step.depth ->> 'diff_id'),
                                                 'UTF8')), 'hex')
    FROM step JOIN layer_chain ON layer_chain.id = step.id
    WHERE step.depth < jsonb_array_length(layer_chain.layers)
)
UPDATE layer_chain SET content_key = ('x' || left(split_part(step.chain, ':', 2), 16))::bit(64)::bigint
FROM step WHERE step.id = layer_chain.id AND step.depth = jsonb_array_length(layer_chain.layers);

CREATE INDEX layer_chain_by_content ON layer_chain (content_key);
