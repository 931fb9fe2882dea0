-- How far back a registry is looked at when it is added: what was there before is as old as its own word says.

ALTER TABLE registry
    ADD COLUMN look_back text NOT NULL DEFAULT 'ALL',   -- ALL, WINDOWS, DAYS_<n>: model.registries.LookBack
    ADD COLUMN found_until timestamptz;                 -- what polls saw until then was there before; NULL: not polled yet

-- Whether a push is only a poll's first sight of what was there before. Its moment says nothing of the image's age.
CREATE FUNCTION is_first_sight(origin text, occurred_at timestamptz, look_back text, found_until timestamptz)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT $1 = 'poll' AND $3 <> 'ALL' AND coalesce($2 <= $4, false)
$$;

-- The earliest moment that is inside a look-back of days; NULL where only the windows decide.
CREATE FUNCTION look_back_since(added_at timestamptz, look_back text) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN $2 LIKE 'DAYS~_%' ESCAPE '~' THEN $1 - substr($2, 6)::int * interval '24 hours' END
$$;
