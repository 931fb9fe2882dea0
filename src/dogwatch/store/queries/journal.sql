-- name: stage
-- What a publication works with; gone when its transaction ends.
CREATE TEMPORARY TABLE incoming_advisory (
    name text COLLATE "C" PRIMARY KEY, modified_at timestamptz NOT NULL, published_at timestamptz,
    withdrawn_at timestamptz, summary text NOT NULL, document bytea NOT NULL, cves text[] NOT NULL,
    others text[] NOT NULL, content bytea NOT NULL, unread text[] NOT NULL
) ON COMMIT DROP;
CREATE TEMPORARY TABLE incoming_range (
    advisory text COLLATE "C" NOT NULL, ecosystem text NOT NULL, name text NOT NULL, scheme text NOT NULL,
    scheme_number int NOT NULL, low bytea, high bytea, exact_version text NOT NULL, not_comparable text NOT NULL,
    introduced text NOT NULL, fixed text NOT NULL, last_affected text NOT NULL, fixed_key bytea,
    fix_state text NOT NULL, stated_verdict text NOT NULL, severity jsonb NOT NULL, naming text NOT NULL,
    arch text NOT NULL, content bytea NOT NULL
) ON COMMIT DROP;
CREATE TEMPORARY TABLE unread_package (
    advisory text COLLATE "C" NOT NULL, ecosystem text NOT NULL, name text NOT NULL
) ON COMMIT DROP;
CREATE TEMPORARY TABLE removed_record (name text COLLATE "C" PRIMARY KEY) ON COMMIT DROP;
CREATE TEMPORARY TABLE ended_range (id bigint PRIMARY KEY, advisory_id bigint NOT NULL) ON COMMIT DROP;
CREATE TEMPORARY TABLE new_range (id bigint PRIMARY KEY, advisory_id bigint NOT NULL) ON COMMIT DROP;
CREATE TEMPORARY TABLE touched_pair (
    package_id bigint, vulnerability_id bigint, PRIMARY KEY (package_id, vulnerability_id)
) ON COMMIT DROP

-- name: find_unchanged
-- Records that say what the feed last said of them, while no other feed said anything of them since. Where a feed does
-- not date its records, their time is when they were fetched.
SELECT shown.name
FROM unnest(%(names)s::text[], %(times)s::timestamptz[], %(contents)s::bytea[]) AS shown (name, modified_at, content)
JOIN feed_record ON feed_record.source = %(source)s AND feed_record.ecosystem = %(ecosystem)s
                AND feed_record.name = shown.name COLLATE "C"
WHERE feed_record.content = shown.content AND (feed_record.modified_at = shown.modified_at OR NOT %(is_dated)s)

-- name: copy_advisories
-- Documents into the stage.
COPY incoming_advisory FROM STDIN (FORMAT BINARY)

-- name: copy_ranges
-- Ranges into the stage.
COPY incoming_range FROM STDIN (FORMAT BINARY)

-- name: copy_unread_packages
-- The packages of which something could not be read, into the stage.
COPY unread_package FROM STDIN (FORMAT BINARY)

-- name: stage_removed
-- Records that the feed no longer lists.
INSERT INTO removed_record SELECT DISTINCT unnest(%(names)s::text[])

-- name: analyze_stage
-- The planner knows nothing of temporary tables until told.
ANALYZE incoming_advisory, incoming_range, unread_package, removed_record

-- name: next_revision
-- The next revision's row; its number is given under the publisher's lock.
INSERT INTO revision (id, source, ecosystem, published_at, added, changed, ended)
SELECT coalesce(max(id), 0) + 1, %(source)s, %(ecosystem)s, %(now)s, 0, 0, 0 FROM revision
RETURNING id

-- name: find_ended_ranges
-- Open ranges of this feed that its documents no longer state: changed, withdrawn, or no longer listed. What could not be
-- read ends nothing that was said of the same package before; where nobody knows of which, of those not named any more.
INSERT INTO ended_range (id, advisory_id)
SELECT affected_range.id, affected_range.advisory_id
FROM (SELECT name FROM incoming_advisory
      UNION SELECT name FROM removed_record
      UNION SELECT name FROM feed_record
            WHERE source = %(source)s AND ecosystem = %(ecosystem)s AND withdraws_at <= %(now)s) AS concerned
JOIN advisory ON advisory.source = %(source)s AND advisory.name = concerned.name
JOIN affected_range ON affected_range.advisory_id = advisory.id AND affected_range.feed = %(ecosystem)s
                   AND affected_range.to_rev = 2147483647
WHERE NOT EXISTS (SELECT FROM incoming_range
                  WHERE incoming_range.advisory = concerned.name AND incoming_range.content = affected_range.content)
  AND NOT EXISTS (SELECT FROM unread_package AS unread
                  WHERE unread.advisory = concerned.name AND affected_range.not_comparable = ''
                    AND ((unread.ecosystem, unread.name) = (affected_range.ecosystem, affected_range.name)
                         OR (unread.name = ''
                             AND NOT EXISTS (SELECT FROM incoming_range AS told
                                             WHERE told.advisory = concerned.name AND told.name = affected_range.name
                                               AND told.ecosystem = affected_range.ecosystem))))

-- name: journal
-- One row per document that changed, with what kind of change it was; behind the ranges that began, and before the
-- documents themselves are brought up.
-- Begins at the documents concerned and looks each up (OFFSET 0: what is estimated of temporary tables would have all the
-- others read for one of them).
INSERT INTO advisory_change (advisory_id, revision_id, kind, document)
SELECT advisory_id, %(revision)s, kind, document
FROM (
    SELECT advisory.id AS advisory_id,
           CASE WHEN incoming_advisory.name IS NULL
                THEN CASE WHEN removed_record.name IS NULL THEN 'withdrawn' ELSE 'removed' END
                WHEN newest.revision_id IS NULL THEN 'added'
                WHEN advisory.removed_at IS NOT NULL THEN 'restored'
                WHEN incoming_advisory.withdrawn_at <= %(now)s AND NOT coalesce(advisory.withdrawn_at <= %(now)s, false)
                THEN 'withdrawn'
                WHEN advisory.withdrawn_at <= %(now)s AND NOT coalesce(incoming_advisory.withdrawn_at <= %(now)s, false)
                THEN 'restored'
                WHEN advisory.id IN (SELECT advisory_id FROM ended_range UNION ALL SELECT advisory_id FROM new_range)
                THEN 'changed'
                WHEN incoming_advisory.document <> newest.document THEN 'text changed'
           END AS kind,
           CASE WHEN incoming_advisory.document IS DISTINCT FROM newest.document
                THEN incoming_advisory.document END AS document
    FROM (SELECT name FROM incoming_advisory
          UNION SELECT name FROM removed_record
          UNION SELECT ended.name FROM ended_range JOIN advisory AS ended ON ended.id = ended_range.advisory_id)
         AS concerned
    CROSS JOIN LATERAL (SELECT * FROM advisory WHERE source = %(source)s AND name = concerned.name OFFSET 0) AS advisory
    LEFT JOIN incoming_advisory ON incoming_advisory.name = advisory.name
    LEFT JOIN removed_record ON removed_record.name = advisory.name
    LEFT JOIN LATERAL (
        SELECT revision_id, document FROM advisory_change
        WHERE advisory_change.advisory_id = advisory.id AND document IS NOT NULL
        ORDER BY revision_id DESC LIMIT 1) AS newest ON true
    WHERE incoming_advisory.name IS NOT NULL
       OR (removed_record.name IS NOT NULL AND advisory.removed_at IS NULL
           AND NOT EXISTS (SELECT FROM feed_record
                           WHERE feed_record.source = advisory.source AND feed_record.name = advisory.name))
       OR advisory.id IN (SELECT advisory_id FROM ended_range)
) AS change
WHERE kind IS NOT NULL

-- name: insert_new_advisories
-- Documents never seen before, so that they have an id.
INSERT INTO advisory (source, name, modified_at, published_at, withdrawn_at, summary)
SELECT %(source)s, name, modified_at, published_at, withdrawn_at, summary FROM incoming_advisory
ON CONFLICT (source, name) DO NOTHING

-- name: update_advisories
-- Documents as they are now; another feed may already have shown a newer state of the same document. One that nobody
-- listed any more is what comes back, however old; what is no feed of one ecosystem ('*') has no other beside it.
UPDATE advisory
SET modified_at = incoming_advisory.modified_at, published_at = incoming_advisory.published_at,
    withdrawn_at = incoming_advisory.withdrawn_at, removed_at = NULL, summary = incoming_advisory.summary
FROM incoming_advisory
WHERE advisory.source = %(source)s AND advisory.name = incoming_advisory.name
  AND (%(ecosystem)s = '*' OR advisory.removed_at IS NOT NULL
       OR advisory.modified_at <= incoming_advisory.modified_at)

-- name: mark_removed
-- Documents that no feed lists any more.
UPDATE advisory SET removed_at = %(now)s
FROM removed_record
WHERE advisory.source = %(source)s AND advisory.name = removed_record.name
  AND NOT EXISTS (SELECT FROM feed_record
                  WHERE feed_record.source = advisory.source AND feed_record.name = advisory.name)

-- name: forget_records
-- The feed no longer lists these.
DELETE FROM feed_record USING removed_record
WHERE feed_record.source = %(source)s AND feed_record.ecosystem = %(ecosystem)s
  AND feed_record.name = removed_record.name

-- name: save_records
-- The feed lists these, as of these times, and withdraws some of them later.
INSERT INTO feed_record (source, ecosystem, name, modified_at, withdraws_at, content, unread)
SELECT %(source)s, %(ecosystem)s, name, modified_at, CASE WHEN withdrawn_at > %(now)s THEN withdrawn_at END, content,
       unread
FROM incoming_advisory
ON CONFLICT (source, ecosystem, name)
DO UPDATE SET modified_at = excluded.modified_at, withdraws_at = excluded.withdraws_at, content = excluded.content,
              unread = excluded.unread

-- name: feeds_to_withdraw
-- The feeds with records whose withdrawal was to come, and has.
SELECT DISTINCT source, ecosystem FROM feed_record WHERE withdraws_at <= %(now)s ORDER BY source, ecosystem

-- name: forget_withdrawals
-- What these records said has ended.
UPDATE feed_record SET withdraws_at = NULL
WHERE source = %(source)s AND ecosystem = %(ecosystem)s AND withdraws_at <= %(now)s

-- name: doubt_others
-- What other feeds of the source last said of these documents is overwritten now: they may say it again.
UPDATE feed_record SET content = NULL
FROM incoming_advisory
WHERE feed_record.source = %(source)s AND feed_record.name = incoming_advisory.name
  AND feed_record.ecosystem <> %(ecosystem)s AND feed_record.content IS NOT NULL

-- name: begin_ranges
-- Ranges that are stated now and were not before.
WITH begun AS (
    INSERT INTO affected_range (advisory_id, feed, ecosystem, name, scheme, scheme_number, low, high, exact_version,
                                not_comparable, introduced, fixed, last_affected, fixed_key, fix_state, stated_verdict,
                                severity, naming, arch, content, from_rev)
    SELECT advisory.id, %(ecosystem)s, incoming_range.ecosystem, incoming_range.name, incoming_range.scheme,
           incoming_range.scheme_number, incoming_range.low, incoming_range.high, incoming_range.exact_version,
           incoming_range.not_comparable, incoming_range.introduced, incoming_range.fixed,
           incoming_range.last_affected, incoming_range.fixed_key, incoming_range.fix_state,
           incoming_range.stated_verdict, incoming_range.severity, incoming_range.naming, incoming_range.arch,
           incoming_range.content, %(revision)s
    FROM incoming_range
    JOIN advisory ON advisory.source = %(source)s AND advisory.name = incoming_range.advisory
    WHERE NOT EXISTS (SELECT FROM affected_range
                      WHERE affected_range.advisory_id = advisory.id AND affected_range.to_rev = 2147483647
                        AND affected_range.feed = %(ecosystem)s AND affected_range.content = incoming_range.content)
    RETURNING id, advisory_id)
INSERT INTO new_range SELECT id, advisory_id FROM begun

-- name: end_ranges
-- Ranges that are no longer stated.
UPDATE affected_range SET to_rev = %(revision)s FROM ended_range WHERE affected_range.id = ended_range.id

-- name: touch_ended
-- The (package, vulnerability) pairs of matches that are about to end.
INSERT INTO touched_pair (package_id, vulnerability_id)
SELECT match.package_id, advisory_vulnerability.vulnerability_id
FROM ended_range
JOIN match ON match.range_id = ended_range.id AND match.to_rev = 2147483647
JOIN advisory_vulnerability ON advisory_vulnerability.advisory_id = ended_range.advisory_id
ON CONFLICT DO NOTHING

-- name: touch_begun
-- The (package, vulnerability) pairs of matches that have just begun.
INSERT INTO touched_pair (package_id, vulnerability_id)
SELECT match.package_id, advisory_vulnerability.vulnerability_id
FROM new_range
JOIN match ON match.range_id = new_range.id
JOIN advisory_vulnerability ON advisory_vulnerability.advisory_id = new_range.advisory_id
ON CONFLICT DO NOTHING

-- name: changes_of_revision
-- What happened to each document in this revision.
SELECT advisory.name, advisory_change.kind
FROM advisory_change JOIN advisory ON advisory.id = advisory_change.advisory_id
WHERE advisory_change.revision_id = %(revision)s AND advisory_change.kind <> 'text changed'

-- name: count_revision
-- The revision's own summary.
UPDATE revision SET
    added = (SELECT count(*) FROM advisory_change WHERE revision_id = %(revision)s AND kind IN ('added', 'restored')),
    changed = (SELECT count(*) FROM advisory_change
               WHERE revision_id = %(revision)s AND kind IN ('changed', 'text changed')),
    ended = (SELECT count(*) FROM advisory_change WHERE revision_id = %(revision)s AND kind IN ('withdrawn', 'removed'))
WHERE id = %(revision)s
RETURNING added, changed, ended

-- name: forget_revision
-- A revision in which nothing changed after all is not one.
DELETE FROM revision WHERE id = %(revision)s

-- name: save_feed
-- The feed answered; whether anything changed in effect is told apart.
INSERT INTO feed (source, ecosystem, state, checked_at, changed_at, records, refused, problem)
VALUES (%(source)s, %(ecosystem)s, %(state)s, %(answered_at)s,
        CASE WHEN %(changed)s THEN %(answered_at)s::timestamptz END,
        (SELECT count(*) FROM feed_record WHERE source = %(source)s AND ecosystem = %(ecosystem)s), %(refused)s, '')
ON CONFLICT (source, ecosystem) DO UPDATE SET
    state = excluded.state, checked_at = excluded.checked_at,
    changed_at = coalesce(excluded.changed_at, feed.changed_at),
    records = excluded.records, refused = excluded.refused, problem = '', problem_at = NULL,
    unconfirmed_loss = 0

-- name: save_checked
-- The feed answered that there is nothing new.
INSERT INTO feed (source, ecosystem, checked_at) VALUES (%(source)s, %(ecosystem)s, %(now)s)
ON CONFLICT (source, ecosystem) DO UPDATE SET
    checked_at = excluded.checked_at, problem = '', problem_at = NULL, unconfirmed_loss = 0

-- name: save_problem
-- The feed did not do its part; what was imported before stays in force and grows stale.
INSERT INTO feed (source, ecosystem, problem, problem_at) VALUES (%(source)s, %(ecosystem)s, %(problem)s, %(now)s)
ON CONFLICT (source, ecosystem) DO UPDATE SET problem = excluded.problem, problem_at = excluded.problem_at

-- name: save_loss
-- The feed lost more records at once than is believed; they stay in force until somebody confirms it.
INSERT INTO feed (source, ecosystem, unconfirmed_loss) VALUES (%(source)s, %(ecosystem)s, %(lost)s)
ON CONFLICT (source, ecosystem) DO UPDATE SET unconfirmed_loss = excluded.unconfirmed_loss

-- name: feed_state
-- The source's own memory of this feed.
SELECT state FROM feed WHERE source = %(source)s AND ecosystem = %(ecosystem)s

-- name: checked_at
-- When a feed last answered; NULL where it never did.
SELECT checked_at FROM feed WHERE source = %(source)s AND ecosystem = %(ecosystem)s

-- name: known_records
-- What the feed listed when it was last published.
SELECT name, modified_at FROM feed_record WHERE source = %(source)s AND ecosystem = %(ecosystem)s

-- name: analyze_advisories
-- Let the planner know how much there is: it would read all ranges for the few hundred names of an image.
ANALYZE advisory, advisory_change, advisory_name, advisory_vulnerability, affected_range, vulnerability, vulnerability_name
