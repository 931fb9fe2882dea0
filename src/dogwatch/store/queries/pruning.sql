-- name: last_revision
-- The last revision up to which everything was published at a moment, and how far documents were pruned before.
SELECT coalesce((SELECT min(id) FROM revision WHERE published_at > %(horizon)s), (SELECT max(id) FROM revision) + 1, 1) - 1,
       coalesce((SELECT documents_rev FROM journal_horizon), 0)

-- name: raise_horizon
-- From here on only later questions are answered. Committed before anything is deleted.
INSERT INTO journal_horizon (horizon_at, documents_rev) VALUES (%(horizon)s, 0)
ON CONFLICT (only_one) DO UPDATE SET horizon_at = greatest(journal_horizon.horizon_at, excluded.horizon_at)

-- name: horizon
-- From which moment on questions are answered.
SELECT horizon_at FROM journal_horizon

-- name: delete_ranges
-- The next ranges that ended before the horizon, with their matches. Those stay in which an image still rests whose findings
-- are frozen at a revision at which they held. One row, with the last one looked at, while there may be more.
WITH looked AS MATERIALIZED (
    SELECT id, from_rev, to_rev, advisory_id FROM affected_range
    WHERE to_rev < 2147483647 AND to_rev <= %(revision)s
      AND (to_rev, advisory_id, id) > (%(after_rev)s, %(after_advisory)s, %(after)s)
    ORDER BY to_rev, advisory_id, id LIMIT %(limit)s
), needless AS MATERIALIZED (
    SELECT id FROM looked
    WHERE NOT EXISTS (SELECT FROM monitoring WHERE frozen_revision IS NOT NULL)
       OR NOT EXISTS (SELECT FROM match
                      JOIN set_package ON set_package.package_id = match.package_id
                      JOIN inventory_set ON inventory_set.set_id = set_package.set_id
                      JOIN monitoring ON monitoring.inventory_id = inventory_set.inventory_id
                      WHERE match.range_id = looked.id AND monitoring.frozen_revision >= looked.from_rev
                        AND monitoring.frozen_revision < looked.to_rev)
), unmatched AS (
    DELETE FROM match USING needless WHERE match.range_id = needless.id
), gone AS (
    DELETE FROM affected_range USING needless WHERE affected_range.id = needless.id
)
SELECT to_rev, advisory_id, id FROM looked
WHERE (SELECT count(*) FROM looked) = %(limit)s
ORDER BY to_rev DESC, advisory_id DESC, id DESC LIMIT 1

-- name: delete_documents
-- The next changes published before the horizon: what was journalled of the same advisory before them goes, but for the
-- newest document. Where a range that is kept ended by an older change, that change stays without its document. One row
-- while there may be more.
WITH looked AS MATERIALIZED (
    SELECT revision_id, advisory_id FROM advisory_change
    WHERE revision_id <= %(revision)s
      AND revision_id >= %(after_rev)s AND (revision_id, advisory_id) > (%(after_rev)s, %(after)s)
    ORDER BY revision_id, advisory_id LIMIT %(limit)s
), older AS MATERIALIZED (
    SELECT before.advisory_id, before.revision_id,
           EXISTS (SELECT FROM affected_range
                   WHERE affected_range.to_rev = before.revision_id AND affected_range.to_rev < 2147483647
                     AND affected_range.advisory_id = before.advisory_id) AS is_named
    FROM (SELECT advisory_id, max(revision_id) AS revision_id FROM looked GROUP BY advisory_id) AS newest
    JOIN advisory_change AS before ON before.advisory_id = newest.advisory_id
                                  AND before.revision_id < newest.revision_id
    WHERE before.document IS NULL
       OR EXISTS (SELECT FROM advisory_change AS replacing
                  WHERE replacing.advisory_id = before.advisory_id AND replacing.revision_id > before.revision_id
                    AND replacing.revision_id <= %(revision)s AND replacing.document IS NOT NULL)
), emptied AS (
    UPDATE advisory_change SET document = NULL FROM older
    WHERE older.is_named AND advisory_change.document IS NOT NULL
      AND advisory_change.advisory_id = older.advisory_id AND advisory_change.revision_id = older.revision_id
), gone AS (
    DELETE FROM advisory_change USING older
    WHERE NOT older.is_named
      AND advisory_change.advisory_id = older.advisory_id AND advisory_change.revision_id = older.revision_id
)
SELECT revision_id, advisory_id FROM looked
WHERE (SELECT count(*) FROM looked) = %(limit)s
ORDER BY revision_id DESC, advisory_id DESC LIMIT 1

-- name: documents_pruned
-- Documents up to this revision have no older ones before them.
UPDATE journal_horizon SET documents_rev = %(revision)s

-- name: delete_exposures
-- The next exposures that ended before a moment, as far as no later answer rests on them: none of the same vulnerability
-- follows within the seven days that are bridged (its finding would be older than it), and no image is frozen where it held,
-- or was frozen within that time. What follows is looked for once for all exposures to a vulnerability that ended together, as
-- by one revision. Returns how many went and, while there may be more, the last one looked at.
WITH looked AS MATERIALIZED (
    SELECT id, vulnerability_id, from_rev, to_rev, to_at FROM exposure
    WHERE verdict = 'affected' AND to_at < '9999-12-31Z' AND to_at <= %(before)s
      AND to_at >= %(after_at)s AND (to_at, id) > (%(after_at)s, %(after)s)
    ORDER BY to_at, id LIMIT %(limit)s
), loose AS MATERIALIZED (
    SELECT vulnerability_id, to_at FROM (SELECT DISTINCT vulnerability_id, to_at FROM looked) AS ended
    WHERE NOT EXISTS (SELECT FROM exposure AS later
                      WHERE later.vulnerability_id = ended.vulnerability_id AND later.verdict = 'affected'
                        AND later.to_at > ended.to_at AND later.from_at <= ended.to_at + interval '7 days')
), needless AS MATERIALIZED (
    SELECT id FROM looked JOIN loose USING (vulnerability_id, to_at)
    WHERE (NOT EXISTS (SELECT FROM monitoring WHERE frozen_revision IS NOT NULL)
           OR NOT EXISTS (SELECT FROM set_exposure
                          JOIN inventory_set ON inventory_set.set_id = set_exposure.set_id
                          JOIN monitoring AS watch ON watch.inventory_id = inventory_set.inventory_id
                          JOIN monitoring AS frozen ON frozen.image_id = watch.image_id
                          WHERE set_exposure.exposure_id = looked.id AND frozen.frozen_revision IS NOT NULL
                            AND (frozen.from_at <= looked.to_at + interval '7 days' AND frozen.to_at > looked.to_at
                                 OR frozen.frozen_revision >= looked.from_rev
                                    AND frozen.frozen_revision < looked.to_rev)))
), unlinked AS (
    DELETE FROM set_exposure USING needless WHERE set_exposure.exposure_id = needless.id
), gone AS (
    DELETE FROM exposure USING needless WHERE exposure.id = needless.id RETURNING exposure.id
)
SELECT (SELECT count(*) FROM gone), last.to_at, last.id
FROM (SELECT) AS always
LEFT JOIN (SELECT to_at, id FROM looked WHERE (SELECT count(*) FROM looked) = %(limit)s
           ORDER BY to_at DESC, id DESC LIMIT 1) AS last ON true

-- name: delete_unaffected
-- Some exposures "not affected" that ended before the horizon: no list shows them.
DELETE FROM exposure WHERE id IN
    (SELECT id FROM exposure WHERE verdict <> 'affected' AND to_at < '9999-12-31Z' AND to_at <= %(before)s LIMIT %(limit)s)
