-- Which repositories of an account are scanned, and how often. No row: all of them, continuously.
CREATE TABLE scanning_configuration (
    account_id  text PRIMARY KEY REFERENCES account,
    scan_type   text NOT NULL CHECK (scan_type IN ('BASIC', 'ENHANCED')),
    rules       jsonb NOT NULL,                 -- [[frequency, [filter]]]
    set_at      timestamptz NOT NULL
);
