-- What audits found: everything that follows from what is stored, computed again and compared.
CREATE TABLE audit (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    began_at     timestamptz NOT NULL,          -- the moment whose state was looked at
    ended_at     timestamptz NOT NULL,
    revision_id  int NOT NULL,                  -- the newest revision then; 0 before the first
    packages     bigint NOT NULL,
    images       bigint NOT NULL,
    counts       jsonb NOT NULL,                -- {kind of row: how many differ}, those that differ only
    differences  jsonb NOT NULL                 -- [[kind, subject, vulnerability, stored, expected]], the first of them
);
