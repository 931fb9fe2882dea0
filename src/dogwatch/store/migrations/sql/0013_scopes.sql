-- Windows of a registry, or of the repositories that a pattern names; what they do not set they inherit.

-- A change of one scope's windows. NULL in a window or the mode: inherited; only an account sets all three.
ALTER TABLE rescan_setting
    ADD COLUMN registry_id bigint REFERENCES registry,              -- NULL: the account's own
    ADD COLUMN pattern text COLLATE "C" NOT NULL DEFAULT '',        -- '*' alone: the whole registry
    ALTER COLUMN push_window DROP NOT NULL,
    ALTER COLUMN activity_window DROP NOT NULL,
    ALTER COLUMN activity_mode DROP NOT NULL,
    ADD CHECK (CASE WHEN registry_id IS NULL
                    THEN pattern = '' AND push_window IS NOT NULL AND activity_window IS NOT NULL
                         AND activity_mode IS NOT NULL
                    ELSE pattern <> '' END);
DROP INDEX rescan_setting_newest;
CREATE INDEX rescan_setting_newest ON rescan_setting (account_id, id DESC) WHERE registry_id IS NULL;
CREATE INDEX rescan_setting_of_scope ON rescan_setting (registry_id, pattern, id DESC) WHERE registry_id IS NOT NULL;

-- The changes in force that a repository's windows come from (windows.inherit); NULL: the account's.
ALTER TABLE repository
    ADD COLUMN push_from bigint REFERENCES rescan_setting,
    ADD COLUMN activity_from bigint REFERENCES rescan_setting,
    ADD COLUMN mode_from bigint REFERENCES rescan_setting;

-- The windows that each repository's deadlines are computed by, and the patterns that set them (NULL: the account).
CREATE VIEW repository_windows AS
SELECT repository.id AS repository_id, repository.account_id, repository.registry_id, repository.name,
       coalesce(push.push_window, own.push_window) AS push_window,
       coalesce(activity.activity_window, own.activity_window) AS activity_window,
       coalesce(mode.activity_mode, own.activity_mode) AS activity_mode,
       push.pattern AS push_pattern, activity.pattern AS activity_pattern, mode.pattern AS mode_pattern
FROM repository
LEFT JOIN rescan_setting push ON push.id = repository.push_from
LEFT JOIN rescan_setting activity ON activity.id = repository.activity_from
LEFT JOIN rescan_setting mode ON mode.id = repository.mode_from
JOIN LATERAL (SELECT push_window, activity_window, activity_mode FROM rescan_setting
              WHERE account_id = repository.account_id AND registry_id IS NULL AND status = 'SUCCESS'
              ORDER BY id DESC LIMIT 1) AS own ON true;
