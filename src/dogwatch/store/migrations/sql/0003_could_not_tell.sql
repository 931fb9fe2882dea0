-- What could not be told: failures with their turns, which feeds an inventory depends on, why a finding began.

-- Reading an image went wrong. Narrow and apart, as few images have one; gone as soon as the image is read or pushed again.
CREATE TABLE index_failure (
    image_id       bigint PRIMARY KEY REFERENCES image ON DELETE CASCADE,
    fingerprint    text NOT NULL,               -- of the extractors that failed: others may fare better
    status_reason  text NOT NULL,
    attempts       int NOT NULL,                -- by these extractors
    tried_at       timestamptz NOT NULL
);

-- The families of ecosystems (Debian, PyPI …) that the packages of a set belong to: which feeds its findings depend on.
-- Follows from set_package; kept, so that counting all images reads no packages.
CREATE TABLE set_family (
    set_id  bigint NOT NULL REFERENCES package_set ON DELETE CASCADE,
    family  text COLLATE "C" NOT NULL,
    PRIMARY KEY (set_id, family)
);
INSERT INTO set_family
SELECT DISTINCT set_package.set_id, split_part(package.ecosystem, ':', 1)
FROM set_package JOIN package ON package.id = set_package.package_id;

-- As before, and why each span began: what came last of the watch and the exposure.
CREATE OR REPLACE VIEW finding_span AS
SELECT span.*
FROM (
    SELECT monitoring.image_id, monitoring.repository_id, monitoring.inventory_id, exposure.package_id,
           exposure.vulnerability_id, exposure.id AS exposure_id,
           greatest(monitoring.from_at, known.from_at) AS from_at,
           least(watch.to_at, known.to_at) AS to_at,
           CASE WHEN known.to_at < watch.to_at THEN exposure.end_reason ELSE watch.end_reason END AS end_reason,
           CASE WHEN known.from_at > monitoring.from_at THEN exposure.begin_reason ELSE monitoring.begin_reason END
               AS begin_reason
    FROM monitoring
    JOIN clocks ON clocks.image_id = monitoring.image_id
    JOIN inventory_set ON inventory_set.inventory_id = monitoring.inventory_id
    JOIN set_package ON set_package.set_id = inventory_set.set_id
    JOIN exposure ON exposure.package_id = set_package.package_id AND exposure.verdict = 'affected'
    CROSS JOIN LATERAL (
        SELECT CASE WHEN monitoring.to_at < '9999-12-31Z' THEN monitoring.to_at
                    WHEN clocks.watched_until < '9999-12-31Z' THEN clocks.watched_until + interval '1 microsecond'
                    ELSE '9999-12-31Z' END AS to_at,
               CASE WHEN monitoring.to_at < '9999-12-31Z' THEN monitoring.end_reason
                    ELSE 'monitoring ended: both windows are over' END AS end_reason) AS watch
    CROSS JOIN LATERAL (
        SELECT CASE WHEN monitoring.frozen_revision IS NULL THEN exposure.from_at ELSE monitoring.from_at END AS from_at,
               CASE WHEN monitoring.frozen_revision IS NULL THEN exposure.to_at ELSE '9999-12-31Z' END AS to_at) AS known
    WHERE monitoring.frozen_revision IS NULL
       OR (exposure.from_rev <= monitoring.frozen_revision AND exposure.to_rev > monitoring.frozen_revision)
) AS span
WHERE span.from_at < span.to_at;
