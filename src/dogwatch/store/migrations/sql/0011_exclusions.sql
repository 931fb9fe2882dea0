-- Whose events move no clock.

CREATE TABLE exclusion (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id  text NOT NULL REFERENCES account,
    kind        text NOT NULL CHECK (kind IN ('principal', 'user agent', 'address')),
    pattern     text NOT NULL,
    reason      text NOT NULL,
    added_at    timestamptz NOT NULL,
    added_by    text NOT NULL,
    removed_at  timestamptz,              -- events heard before go on naming it, so that a history can tell
    removed_by  text
);
CREATE INDEX exclusion_of_account ON exclusion (account_id, id);

-- The entry that was on the list when the event was heard; NULL for nearly all.
ALTER TABLE registry_event ADD COLUMN excluded_by bigint REFERENCES exclusion;
