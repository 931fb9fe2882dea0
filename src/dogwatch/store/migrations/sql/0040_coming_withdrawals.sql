-- When a record's withdrawal, which lay ahead when it was published, ends what it says; NULL where none is to come.
ALTER TABLE feed_record RENAME COLUMN withdrawn_at TO withdraws_at;
UPDATE feed_record SET withdraws_at = NULL
WHERE withdraws_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM advisory JOIN affected_range ON affected_range.advisory_id = advisory.id
                  WHERE advisory.source = feed_record.source AND advisory.name = feed_record.name
                    AND affected_range.feed = feed_record.ecosystem AND affected_range.to_rev = 2147483647);
CREATE INDEX feed_record_to_withdraw ON feed_record (withdraws_at) WHERE withdraws_at IS NOT NULL;
