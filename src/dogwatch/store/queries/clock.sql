-- name: read
-- How far the product's clock is ahead of the machine's, in seconds, and the newest moment that something was recorded
-- at: each the end of an index.
SELECT extract(epoch FROM shift)::float8,
       greatest((SELECT max(from_at) FROM monitoring WHERE inventory_id IS NOT NULL),
                (SELECT max(from_at) FROM exposure WHERE verdict = 'affected'),
                (SELECT published_at FROM revision ORDER BY id DESC LIMIT 1))
FROM product_clock

-- name: advance
-- Move the product's clock ahead. Hours and seconds only: a month has no length.
UPDATE product_clock SET shift = make_interval(secs => extract(epoch FROM shift + %(by)s)::float8)
RETURNING extract(epoch FROM shift)::float8
