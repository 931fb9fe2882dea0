-- Documents that the operator of an installation supplies: advisories, and statements about single products (VEX).
CREATE TABLE operator_document (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source       text NOT NULL,                   -- model.feeds.OPERATOR_SOURCES
    name         text COLLATE "C" NOT NULL UNIQUE, -- what it calls itself
    format       text NOT NULL,                   -- model.operator_documents.DocumentFormat
    author       text NOT NULL,
    stated_at    timestamptz NOT NULL,            -- its own word for when it was last changed
    added_at     timestamptz NOT NULL,
    added_by     text NOT NULL,
    content      bytea NOT NULL,                  -- zstd of the file
    records      text[] NOT NULL,                 -- the journalled documents made of it
    unused       jsonb NOT NULL                   -- [[place, product, reason]]: what is said of nothing that can be met
);

-- Statements name packages outright (model.advisories.Naming), and may say that nobody knows yet.
ALTER TABLE affected_range
    ADD COLUMN naming text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN arch text COLLATE "C" NOT NULL DEFAULT '',
    DROP CONSTRAINT affected_range_stated_verdict_check,
    ADD CONSTRAINT affected_range_stated_verdict_check
        CHECK (stated_verdict IN ('affected', 'not affected') OR (stated_verdict = 'undetermined' AND naming <> ''));
ALTER TABLE match
    DROP CONSTRAINT match_verdict_check,
    ADD CONSTRAINT match_verdict_check CHECK (verdict IN ('affected', 'not affected', 'undetermined'));
CREATE INDEX affected_range_named ON affected_range (name) WHERE naming <> '' AND to_rev = 2147483647;
CREATE INDEX package_by_match_name ON package (match_name);

-- The twin of matching.decide for ranges that name packages outright.
CREATE FUNCTION names_package(named affected_range, ecosystem text, name text, version text, arch text, match_name text,
                              match_version text, scheme text, scheme_number int, key bytea) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
SELECT (ecosystem = named.ecosystem OR starts_with(ecosystem, named.ecosystem || ':'))
   AND named.name = CASE WHEN named.naming = 'source' THEN match_name ELSE names_package.name END
   AND named.arch IN ('', arch)
   AND (named.exact_version IN ('', CASE WHEN named.naming = 'source' THEN match_version ELSE version END)
        OR (named.naming = 'source' AND named.low = key AND named.scheme = scheme
            AND named.scheme_number = names_package.scheme_number))
$$;
