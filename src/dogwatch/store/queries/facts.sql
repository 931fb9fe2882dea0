-- name: stage_scores
-- What one publication of scores works with; gone when its transaction ends.
CREATE TEMPORARY TABLE incoming_scores (
    cve          text COLLATE "C" NOT NULL,
    modified_at  timestamptz NOT NULL,
    scores       text[] NOT NULL,
    cwes         text[] NOT NULL,
    has_exploit  boolean NOT NULL
) ON COMMIT DROP

-- name: copy_scores
-- Fill the stage.
COPY incoming_scores (cve, modified_at, scores, cwes, has_exploit) FROM STDIN (FORMAT binary)

-- name: analyze_stage
-- Let the planner know how much it is.
ANALYZE incoming_scores

-- name: keep_what_differs
-- Forget what is held already, or held newer.
DELETE FROM incoming_scores USING cve_scores AS held
WHERE held.cve = incoming_scores.cve AND held.source = %(source)s
  AND (held.modified_at > incoming_scores.modified_at
       OR (held.scores, held.cwes, held.has_exploit, held.modified_at)
          = (incoming_scores.scores, incoming_scores.cwes, incoming_scores.has_exploit, incoming_scores.modified_at))

-- name: touched_pairs
-- Open exposures to CVE ids that have other scores now.
SELECT exposure.package_id, exposure.vulnerability_id
FROM incoming_scores
JOIN vulnerability ON vulnerability.name = incoming_scores.cve AND vulnerability.redirected_to IS NULL
JOIN exposure ON exposure.vulnerability_id = vulnerability.id AND exposure.to_at = '9999-12-31Z'
LEFT JOIN cve_scores AS held ON held.cve = incoming_scores.cve AND held.source = %(source)s
WHERE incoming_scores.scores <> coalesce(held.scores, '{}')

-- name: save_scores
-- Take over what differs; returns how many there were.
INSERT INTO cve_scores (cve, source, modified_at, recorded_at, scores, cwes, has_exploit)
SELECT cve, %(source)s, modified_at, %(now)s, scores, cwes, has_exploit FROM incoming_scores
ON CONFLICT (cve, source) DO UPDATE
SET modified_at = excluded.modified_at, recorded_at = excluded.recorded_at, scores = excluded.scores,
    cwes = excluded.cwes, has_exploit = excluded.has_exploit

-- name: end_revision
-- How many CVE ids it was about.
UPDATE revision SET changed = %(changed)s WHERE id = %(revision)s

-- name: scores_of_vulnerabilities
-- The scores that catalogues give vulnerabilities.
SELECT vulnerability.id, cve_scores.scores
FROM vulnerability JOIN cve_scores ON cve_scores.cve = vulnerability.name
WHERE vulnerability.id = ANY(%(vulnerabilities)s::bigint[]) AND cve_scores.scores <> '{}'
ORDER BY vulnerability.id, cve_scores.source

-- name: stage_exploitation
-- The catalogue as it came; gone when its transaction ends.
CREATE TEMPORARY TABLE incoming_exploitation (LIKE cve_exploitation) ON COMMIT DROP

-- name: copy_exploitation
-- Fill the stage.
COPY incoming_exploitation (cve, added_on, due_on, by_ransomware, action, recorded_at) FROM STDIN (FORMAT binary)

-- name: forget_exploitation
-- What the catalogue no longer lists.
DELETE FROM cve_exploitation WHERE cve NOT IN (SELECT cve FROM incoming_exploitation)

-- name: save_exploitation
-- What the catalogue lists, newly or in other words.
INSERT INTO cve_exploitation AS held SELECT * FROM incoming_exploitation
ON CONFLICT (cve) DO UPDATE
SET added_on = excluded.added_on, due_on = excluded.due_on, by_ransomware = excluded.by_ransomware,
    action = excluded.action, recorded_at = excluded.recorded_at
WHERE (held.added_on, held.by_ransomware, held.action) <> (excluded.added_on, excluded.by_ransomware, excluded.action)
   OR held.due_on IS DISTINCT FROM excluded.due_on

-- name: forget_probability
-- Before it is replaced as a whole. Not TRUNCATE, behind which a report that has begun would see nothing.
DELETE FROM cve_probability

-- name: copy_probability
-- The scores of a day.
COPY cve_probability (cve, score_ppm, percentile_ppm) FROM STDIN (FORMAT binary)

-- name: probability_of_vulnerabilities
-- The order of lists follows; only vulnerabilities whose probability is another are written.
UPDATE vulnerability SET epss_ppm = likely.score_ppm
FROM (SELECT vulnerability.id, coalesce(cve_probability.score_ppm, -1) AS score_ppm
      FROM vulnerability LEFT JOIN cve_probability ON cve_probability.cve = vulnerability.name) AS likely
WHERE likely.id = vulnerability.id AND likely.score_ppm <> vulnerability.epss_ppm

-- name: analyze_probability
-- Let the planner know how many there are.
ANALYZE cve_probability

-- name: save_feed
-- The feed answered with something new.
INSERT INTO feed (source, ecosystem, state, checked_at, changed_at, records, refused, problem)
VALUES (%(source)s, %(ecosystem)s, %(state)s, %(answered_at)s, %(answered_at)s, %(records)s, %(refused)s, '')
ON CONFLICT (source, ecosystem) DO UPDATE SET
    state = excluded.state, checked_at = excluded.checked_at, changed_at = excluded.changed_at,
    records = excluded.records, refused = excluded.refused, problem = '', problem_at = NULL, unconfirmed_loss = 0

-- name: count_scores
-- For how many CVE ids a catalogue is held.
SELECT count(*) FROM cve_scores WHERE source = %(source)s

-- name: facts_of
-- Everything that is known of CVE ids beside their advisories, with the time of the probabilities in force.
SELECT asked.cve, known.scores, known.cwes, coalesce(known.has_exploit, false),
       exploitation.added_on, exploitation.due_on, exploitation.by_ransomware, exploitation.action,
       probability.score_ppm, probability.percentile_ppm,
       (SELECT state ->> 'as_of' FROM feed WHERE feed.source = 'epss' AND feed.ecosystem = 'CVE')
FROM unnest(%(names)s::text[]) AS asked (cve)
LEFT JOIN cve_scores AS known ON known.cve = asked.cve
LEFT JOIN cve_exploitation AS exploitation ON exploitation.cve = asked.cve
LEFT JOIN cve_probability AS probability ON probability.cve = asked.cve
WHERE known.cve IS NOT NULL OR exploitation.cve IS NOT NULL OR probability.cve IS NOT NULL
ORDER BY asked.cve, known.source
