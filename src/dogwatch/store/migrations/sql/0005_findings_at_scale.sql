-- Lists of findings over a million images: which exposures a set of packages has, and the orders that lists are read in.

-- The join of package sets with what their packages are exposed to, closed intervals included. It follows from
-- set_package and exposure, whose rows are never changed in what is joined here: the two triggers below are all it takes.
-- No foreign keys: both sides check theirs, and an advisory on a package of every base image writes thousands of rows.
CREATE TABLE set_exposure (
    set_id            bigint NOT NULL,
    vulnerability_id  bigint NOT NULL,
    exposure_id       bigint NOT NULL,
    PRIMARY KEY (set_id, vulnerability_id, exposure_id)
);
CREATE INDEX set_exposure_of_exposure ON set_exposure (exposure_id, set_id);
INSERT INTO set_exposure
SELECT set_package.set_id, exposure.vulnerability_id, exposure.id
FROM exposure JOIN set_package ON set_package.package_id = exposure.package_id
WHERE exposure.verdict = 'affected';

CREATE FUNCTION exposures_meet_sets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO set_exposure (set_id, vulnerability_id, exposure_id)
    SELECT set_package.set_id, added.vulnerability_id, added.id
    FROM added JOIN set_package ON set_package.package_id = added.package_id
    WHERE added.verdict = 'affected';
    RETURN NULL;
END $$;
CREATE TRIGGER exposure_meets_sets AFTER INSERT ON exposure
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION exposures_meet_sets();

CREATE FUNCTION sets_meet_exposures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO set_exposure (set_id, vulnerability_id, exposure_id)
    SELECT added.set_id, exposure.vulnerability_id, exposure.id
    FROM added JOIN exposure ON exposure.package_id = added.package_id
    WHERE exposure.verdict = 'affected';
    RETURN NULL;
END $$;
CREATE TRIGGER set_meets_exposures AFTER INSERT ON set_package
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION sets_meet_exposures();

-- Orders of lists by what an exposure says.
CREATE INDEX exposure_by_severity ON exposure (severity, coalesce(score_tenths, '-1'::smallint), vulnerability_id)
    WHERE verdict = 'affected';
CREATE INDEX exposure_by_score ON exposure (coalesce(score_tenths, '-1'::smallint), vulnerability_id)
    WHERE verdict = 'affected';
CREATE INDEX exposure_by_source ON exposure (source, vulnerability_id) WHERE verdict = 'affected';

-- Orders by time: what began and what ended.
CREATE INDEX exposure_by_beginning ON exposure (from_at, vulnerability_id) WHERE verdict = 'affected';
CREATE INDEX exposure_by_end ON exposure (to_at, vulnerability_id) WHERE verdict = 'affected' AND to_at < '9999-12-31Z';
CREATE INDEX monitoring_by_beginning ON monitoring (from_at, image_id) WHERE inventory_id IS NOT NULL;
CREATE INDEX monitoring_by_end ON monitoring (to_at, image_id) WHERE inventory_id IS NOT NULL AND to_at < '9999-12-31Z';
CREATE INDEX monitoring_frozen ON monitoring (image_id) WHERE frozen_revision IS NOT NULL;

-- Order by push; an image that was never pushed, as far as anybody knows, comes first.
CREATE INDEX clocks_by_push ON clocks (coalesce(pushed_at, 'epoch'), image_id);

-- As before, over the stored join.
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
    JOIN set_exposure ON set_exposure.set_id = inventory_set.set_id
    JOIN exposure ON exposure.id = set_exposure.exposure_id
                 AND exposure.vulnerability_id = set_exposure.vulnerability_id
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
