-- The moment from which on questions about the past are answered; at most one row, none while nothing was pruned. It never
-- goes back. What was published up to `documents_rev` has no older documents before it any more.
CREATE TABLE journal_horizon (
    only_one       boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    horizon_at     timestamptz NOT NULL,
    documents_rev  int NOT NULL
);

-- What ended, in the order of its end: pruning begins with the oldest. Few rows: most ranges and exposures are in force.
CREATE INDEX affected_range_ended ON affected_range (to_rev, advisory_id) WHERE to_rev < 2147483647;
CREATE INDEX exposure_ended_unaffected ON exposure (to_at) WHERE verdict <> 'affected' AND to_at < '9999-12-31Z';
