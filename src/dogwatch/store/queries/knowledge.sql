-- name: feeds
-- Every feed that was imported, with the age and memory that belong to what is held of it.
SELECT source, ecosystem, records, checked_at, state FROM feed
WHERE state <> '{}' AND checked_at IS NOT NULL
ORDER BY source COLLATE "C", ecosystem COLLATE "C"

-- name: documents
-- The next documents of a feed by their ids, each as it was last published.
SELECT feed_record.name, feed_record.modified_at, newest.document
FROM feed_record
JOIN advisory ON advisory.source = feed_record.source AND advisory.name = feed_record.name
CROSS JOIN LATERAL (
    SELECT document FROM advisory_change
    WHERE advisory_change.advisory_id = advisory.id AND document IS NOT NULL
    ORDER BY revision_id DESC LIMIT 1) AS newest
WHERE feed_record.source = %(source)s AND feed_record.ecosystem = %(ecosystem)s AND feed_record.name > %(after)s
ORDER BY feed_record.name LIMIT %(limit)s

-- name: scores
-- The next scores of a catalogue by their CVE ids.
SELECT cve, modified_at, scores, cwes, has_exploit FROM cve_scores
WHERE source = %(source)s AND cve > %(after)s ORDER BY cve LIMIT %(limit)s

-- name: exploitation
-- The next entries of CISA's catalogue.
SELECT cve, added_on, due_on, by_ransomware, action FROM cve_exploitation
WHERE cve > %(after)s ORDER BY cve LIMIT %(limit)s

-- name: probability
-- The next probabilities.
SELECT cve, score_ppm, percentile_ppm FROM cve_probability
WHERE cve > %(after)s ORDER BY cve LIMIT %(limit)s
