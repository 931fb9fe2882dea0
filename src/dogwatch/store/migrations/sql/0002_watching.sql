-- What the windows need to work on many images in one statement, and the ways into the history of events.

-- The last moment inside a window; NULL where nothing was counted from. The same as windows.end_of_window.
CREATE FUNCTION window_end(moment timestamptz, length text) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN $1 IS NULL OR $2 = 'NONE' THEN NULL
        WHEN $2 = 'LIFETIME' THEN timestamptz '9999-12-31Z'
        -- Hours, not days: a day of the session's time zone may have 23 of them.
        ELSE least($1 + substr($2, 6)::int * interval '24 hours', timestamptz '9999-12-31Z')
    END
$$;

-- Until when the clocks keep an image watched, and which of them holds it. The same as windows.watch.
CREATE FUNCTION watch(pushed_at timestamptz, pulled_at timestamptz, in_use_at timestamptz,
                      push_window text, activity_window text, activity_mode text)
RETURNS TABLE (watched_until timestamptz, held_by text)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN $4 = 'LIFETIME' THEN timestamptz '9999-12-31Z' ELSE greatest(ends.push, ends.activity) END,
           CASE WHEN $4 = 'LIFETIME' THEN 'push'
                WHEN ends.activity IS NOT NULL AND (ends.push IS NULL OR ends.activity > ends.push)
                THEN CASE WHEN $6 = 'LAST_PULL_DATE' THEN 'pull'
                          WHEN $6 = 'LAST_IN_USE_AT' OR $2 IS NULL OR $3 > $2 THEN 'in use'
                          ELSE 'pull' END
                WHEN ends.push IS NOT NULL THEN 'push' END
    FROM (SELECT window_end($1, $4) AS push,
                 window_end(CASE $6 WHEN 'LAST_PULL_DATE' THEN $2 WHEN 'LAST_IN_USE_AT' THEN $3
                                    ELSE greatest($2, $3) END, $5) AS activity) ends
$$;

-- Pushes and deletions of a manifest and of a tag: few beside the pulls, and asked for whenever one of them comes late.
CREATE INDEX registry_event_of_manifest ON registry_event (registry_id, repository, digest, occurred_at)
    WHERE kind <> 'pulled';
CREATE INDEX registry_event_of_tag ON registry_event (registry_id, repository, tag, occurred_at)
    WHERE kind <> 'pulled' AND tag <> '';

CREATE INDEX image_of_account ON image (account_id, id);
CREATE INDEX image_index_of_repository ON image_index (repository_id);
CREATE INDEX layer_chain_by_fingerprint ON layer_chain (fingerprint, id);
CREATE INDEX rescan_setting_pending ON rescan_setting (id) WHERE status = 'PENDING';

-- Children that an index names and that were not there when it was read: linked as soon as they come.
CREATE TABLE missing_child (
    index_id  bigint NOT NULL REFERENCES image_index ON DELETE CASCADE,
    digest    text NOT NULL,
    PRIMARY KEY (digest, index_id)
);
