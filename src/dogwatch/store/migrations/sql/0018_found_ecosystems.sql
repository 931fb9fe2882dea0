-- Which feeds are wanted follows from what was found, in watched images or by a look at one. A table of its own, because
-- every answer asks, and package has a row per version.
CREATE TABLE found_ecosystem (
    ecosystem  text COLLATE "C" PRIMARY KEY,    -- with its release, where it has one
    found_at   timestamptz NOT NULL
);
INSERT INTO found_ecosystem SELECT ecosystem, min(recorded_at) FROM package GROUP BY ecosystem;
