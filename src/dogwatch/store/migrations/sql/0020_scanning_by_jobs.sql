-- Changes of what is scanned wait for a job: new rules of an account, and an account that is switched on or off.

ALTER TABLE scanning_configuration
    ADD COLUMN wanted jsonb,                            -- [scan type, rules] that wait; NULL: none do
    ADD COLUMN problem text NOT NULL DEFAULT '';        -- why the newest change could not be applied

ALTER TABLE account
    ADD COLUMN is_scanned boolean NOT NULL DEFAULT true,    -- as applied to its repositories
    ADD COLUMN switch text CHECK (switch IN ('ENABLING', 'DISABLING')),     -- what waits; NULL: nothing does
    ADD COLUMN switched_at timestamptz,                 -- when it was asked for
    ADD COLUMN switch_problem text NOT NULL DEFAULT '';

-- OFF: the account is switched off, whatever its rules say.
ALTER TABLE repository DROP CONSTRAINT repository_scan_frequency_check;
ALTER TABLE repository ADD CONSTRAINT repository_scan_frequency_check
    CHECK (scan_frequency IN ('CONTINUOUS_SCAN', 'SCAN_ON_PUSH', 'MANUAL', 'OFF'));
