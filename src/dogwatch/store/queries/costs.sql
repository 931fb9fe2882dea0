-- name: lock_mark
-- Up to when everything is counted, and when the first image was read; holds off other counts until the transaction ends.
SELECT counted_until,
       (SELECT from_at FROM monitoring WHERE inventory_id IS NOT NULL ORDER BY from_at, image_id LIMIT 1)
FROM scan_count FOR UPDATE OF scan_count

-- name: save_mark
-- Everything before this moment is counted.
UPDATE scan_count SET counted_until = %(end)s

-- name: forget_day
-- Before a day is counted anew.
DELETE FROM scan_day WHERE day = %(day)s

-- name: count_day
-- One day's scans (see decision 29), from `start` to before `end`.
-- begun: what was read for the first time, and what was read before and is watched again; our own changes of mind
-- (`inner_reasons`: better extractors, another frequency) are no scans. Without windows, none would have had to begin
-- again that a window ended.
-- concerned: inventories with a package that a range of the day's revisions names, and when these were published.
-- advised: the images of those inventories, each once however many revisions there were; frozen ones follow no advisory.
-- Those that were not watched count without windows where a window ended their watch and they are still there now.
-- counted: all this by repository, and the images watched at the end; of recent days alone, as nobody asks it of others.
WITH begun AS (
    SELECT monitoring.repository_id, former.end_reason IS NULL AS is_first,
           monitoring.frozen_revision IS NULL AND former.end_reason = ANY(%(window_ends)s::text[]) AS is_by_windows
    FROM monitoring
    LEFT JOIN LATERAL (
        SELECT earlier.end_reason FROM monitoring earlier
        WHERE earlier.image_id = monitoring.image_id AND earlier.inventory_id IS NOT NULL
          AND earlier.from_at <= monitoring.from_at AND earlier.id < monitoring.id
        ORDER BY earlier.from_at DESC, earlier.id DESC LIMIT 1) AS former ON true
    WHERE monitoring.inventory_id IS NOT NULL AND monitoring.from_at >= %(start)s AND monitoring.from_at < %(end)s
      AND (former.end_reason IS NULL OR monitoring.begin_reason <> ALL(%(inner_reasons)s::text[]))
), named AS MATERIALIZED (
    SELECT DISTINCT revision.published_at, affected_range.ecosystem, affected_range.name
    FROM revision JOIN affected_range ON affected_range.from_rev = revision.id
    WHERE revision.published_at >= %(start)s AND revision.published_at < %(end)s
), held AS MATERIALIZED (
    SELECT DISTINCT named.published_at, set_package.set_id
    FROM named
    JOIN package ON package.ecosystem = named.ecosystem AND package.match_name = named.name
    JOIN set_package ON set_package.package_id = package.id
), concerned AS MATERIALIZED (
    SELECT inventory_set.inventory_id, array_agg(DISTINCT held.published_at) AS moments,
           min(held.published_at) AS first_at, max(held.published_at) AS last_at
    FROM held JOIN inventory_set ON inventory_set.set_id = held.set_id
    GROUP BY inventory_set.inventory_id
), advised AS MATERIALIZED (
    SELECT monitoring.image_id, monitoring.repository_id,
           bool_or((monitoring.from_at <= concerned.first_at AND monitoring.to_at > concerned.first_at)
                   OR EXISTS (SELECT FROM unnest(concerned.moments) AS moment
                              WHERE moment >= monitoring.from_at AND moment < monitoring.to_at)) AS is_watched,
           -- Of the interval that was written last: one number carries its place and its bit through max().
           max(2 * monitoring.id + (monitoring.end_reason = ANY(%(window_ends)s::text[]))::int) & 1 = 1 AS is_expired
    FROM concerned
    JOIN monitoring ON monitoring.inventory_id = concerned.inventory_id AND monitoring.from_at <= concerned.last_at
    WHERE monitoring.frozen_revision IS NULL
    GROUP BY monitoring.image_id, monitoring.repository_id
), counted AS (
    SELECT repository_id, count(*) FILTER (WHERE is_first) AS initial, count(*) FILTER (WHERE NOT is_first) AS woken,
           0 AS advised, count(*) FILTER (WHERE NOT is_first AND NOT is_by_windows) AS woken_without,
           0 AS advised_without, 0 AS watched
    FROM begun GROUP BY repository_id
    UNION ALL
    SELECT repository_id, 0, 0, count(*), 0, count(*), 0 FROM advised WHERE is_watched GROUP BY repository_id
    UNION ALL
    SELECT advised.repository_id, 0, 0, 0, 0, count(*), 0
    FROM advised
    JOIN image ON image.id = advised.image_id AND image.state <> 'deleted' AND image.archived_at IS NULL
    JOIN repository ON repository.id = advised.repository_id AND repository.scan_frequency = 'CONTINUOUS_SCAN'
    JOIN registry ON registry.id = repository.registry_id AND registry.removed_at IS NULL
    WHERE advised.is_expired AND NOT advised.is_watched
    GROUP BY advised.repository_id
    UNION ALL
    SELECT repository_id, 0, 0, 0, 0, 0, count(*)
    FROM monitoring
    WHERE %(is_recent)s AND inventory_id IS NOT NULL
      AND from_at < %(end)s AND to_at >= %(end)s
    GROUP BY repository_id
)
INSERT INTO scan_day (registry_id, day, initial, woken, advised, woken_without_windows, advised_without_windows, watched)
SELECT repository.registry_id, %(day)s, sum(initial), sum(woken), sum(advised), sum(woken_without), sum(advised_without),
       CASE WHEN %(is_recent)s THEN sum(watched) END
FROM counted JOIN repository ON repository.id = counted.repository_id
GROUP BY repository.registry_id

-- name: months
-- An account's scans by registry and month.
SELECT registry.alias, date_trunc('month', scan_day.day)::date AS month,
       sum(initial)::bigint, sum(woken + advised)::bigint,
       sum(woken_without_windows + advised_without_windows)::bigint
FROM scan_day JOIN registry ON registry.id = scan_day.registry_id
WHERE registry.account_id = %(account)s
GROUP BY registry.id, registry.alias, month
ORDER BY month DESC, registry.alias, registry.id

-- name: since
-- The scans of accounts from a day on.
SELECT account.id, coalesce(sum(initial), 0)::bigint, coalesce(sum(woken + advised), 0)::bigint
FROM account
LEFT JOIN (registry JOIN scan_day ON scan_day.registry_id = registry.id AND scan_day.day >= %(day)s)
       ON registry.account_id = account.id
WHERE account.id = ANY(%(accounts)s::text[])
GROUP BY account.id
ORDER BY account.id

-- name: rate
-- How often advisories concerned an account's images from a day on, and on how many days of how many images; no row where
-- fewer days were counted than tell anything.
SELECT sum(advised)::bigint, sum(watched)::bigint
FROM scan_day JOIN registry ON registry.id = scan_day.registry_id
WHERE registry.account_id = %(account)s AND scan_day.day >= %(day)s AND scan_day.watched IS NOT NULL
HAVING count(DISTINCT scan_day.day) >= %(least_days)s

-- name: counted_until
-- Up to when everything is counted; NULL before the first count.
SELECT counted_until FROM scan_count

-- name: never_scanned
-- Images that nobody ever read because they are outside their windows.
SELECT count(*)
FROM image
JOIN clocks ON clocks.image_id = image.id AND NOT clocks.watched
JOIN repository ON repository.id = image.repository_id
               AND repository.scan_frequency IN ('CONTINUOUS_SCAN', 'SCAN_ON_PUSH')
JOIN registry ON registry.id = repository.registry_id AND registry.removed_at IS NULL
WHERE image.state = 'pending' AND image.archived_at IS NULL AND image.account_id = %(account)s
