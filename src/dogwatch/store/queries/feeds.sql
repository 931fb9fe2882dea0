-- name: load_feeds
-- What is known of every feed that was ever looked at, with how many of its records were not read whole, and the first.
SELECT source, ecosystem, records, refused, checked_at, changed_at, problem, unconfirmed_loss,
       (SELECT count(*) FROM feed_record
        WHERE feed_record.source = feed.source AND feed_record.ecosystem = feed.ecosystem AND unread <> '{}'),
       ARRAY(SELECT name || ': ' || left(array_to_string(unread, '; '), 500) FROM feed_record
             WHERE feed_record.source = feed.source AND feed_record.ecosystem = feed.ecosystem AND unread <> '{}'
             ORDER BY name LIMIT 5)
FROM feed ORDER BY source, ecosystem
