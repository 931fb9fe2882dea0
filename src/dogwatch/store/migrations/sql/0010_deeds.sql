-- What people do to images by hand, holds among it, and what held an image until its monitoring ended.

ALTER TABLE clocks ADD COLUMN hold_until timestamptz;  -- inside; NULL where nobody placed a hold

-- What held the interval at its end; NULL while it is open, and where it ended before this was kept.
ALTER TABLE monitoring ADD COLUMN held_by text;

-- The windows, and a hold beside them. The same as windows.watch.
CREATE FUNCTION watch(pushed_at timestamptz, pulled_at timestamptz, in_use_at timestamptz,
                      push_window text, activity_window text, activity_mode text, hold_until timestamptz)
RETURNS TABLE (watched_until timestamptz, held_by text)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT greatest(by_clocks.watched_until, $7),
           CASE WHEN $7 IS NOT NULL AND (by_clocks.watched_until IS NULL OR $7 > by_clocks.watched_until)
                THEN 'hold' ELSE by_clocks.held_by END
    FROM watch($1, $2, $3, $4, $5, $6) by_clocks
$$;

-- Few beside the events: kept as long as the image.
CREATE TABLE image_deed (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    image_id  bigint NOT NULL REFERENCES image ON DELETE CASCADE,
    at        timestamptz NOT NULL,
    deed      text NOT NULL CHECK (deed IN ('scan', 'wake', 'forget', 'hold', 'release', 'touch')),
    by        text NOT NULL,
    reason    text NOT NULL,
    until     timestamptz,               -- of a hold, as asked for
    clock     text,                      -- that a touch moved: pull, in use
    outcome   text NOT NULL              -- what came of it, in words
);
CREATE INDEX image_deed_of_image ON image_deed (image_id, at);
