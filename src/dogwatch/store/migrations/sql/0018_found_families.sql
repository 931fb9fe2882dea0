-- Which feeds are wanted follows from what was found, in watched images or by a look at one. A table of its own, because
-- every answer asks, and set_family has a row per package set.
CREATE TABLE found_family (
    family    text COLLATE "C" PRIMARY KEY,     -- an ecosystem without its release
    found_at  timestamptz NOT NULL
);
INSERT INTO found_family
SELECT split_part(ecosystem, ':', 1), min(recorded_at) FROM package
WHERE split_part(ecosystem, ':', 1) NOT IN ('Root', 'TuxCare') GROUP BY 1;
