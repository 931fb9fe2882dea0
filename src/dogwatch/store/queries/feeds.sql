-- name: load_feeds
-- What is known of every feed that was ever looked at.
SELECT source, ecosystem, records, refused, checked_at, changed_at, problem, unconfirmed_loss
FROM feed ORDER BY source, ecosystem
