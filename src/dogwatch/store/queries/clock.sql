-- name: shift
-- How far the product's clock is ahead of the machine's, in seconds.
SELECT extract(epoch FROM shift)::float8 FROM product_clock

-- name: advance
-- Move the product's clock ahead. Hours and seconds only: a month has no length.
UPDATE product_clock SET shift = make_interval(secs => extract(epoch FROM shift + %(by)s)::float8)
RETURNING extract(epoch FROM shift)::float8
