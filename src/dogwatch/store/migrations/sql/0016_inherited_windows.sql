-- Windows that an account has from another one: a change there is recorded here as well, and applied by a job of its own.
ALTER TABLE rescan_setting
    ADD COLUMN inherited_from text REFERENCES account,              -- NULL: the account's own word
    ADD CHECK (inherited_from IS NULL OR (registry_id IS NULL AND inherited_from <> account_id));
