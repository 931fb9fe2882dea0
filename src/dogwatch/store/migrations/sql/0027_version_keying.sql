-- By which version schemes the keys of packages and affected ranges were last made; at most one row.
CREATE TABLE version_keying (
    only_one  boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    schemes   text NOT NULL,
    keyed_at  timestamptz NOT NULL
);
