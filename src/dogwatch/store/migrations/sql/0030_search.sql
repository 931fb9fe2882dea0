-- Searches among everything that advisories say.

-- The ecosystems that ranges in force are of: from one to the next by the index that matching has anyway, which begins with
-- them. A search by package name probes it once for each, some hundred times, and needs no index of its own.
CREATE FUNCTION range_ecosystems() RETURNS SETOF text LANGUAGE sql STABLE ROWS 100 AS $$
    WITH RECURSIVE known (ecosystem) AS (
        (SELECT ecosystem FROM affected_range WHERE to_rev = 2147483647 ORDER BY ecosystem LIMIT 1)
        UNION ALL
        SELECT (SELECT following.ecosystem FROM affected_range AS following
                WHERE following.to_rev = 2147483647 AND following.ecosystem > known.ecosystem
                ORDER BY following.ecosystem LIMIT 1)
        FROM known WHERE known.ecosystem IS NOT NULL)
    SELECT ecosystem FROM known WHERE ecosystem IS NOT NULL
$$;
