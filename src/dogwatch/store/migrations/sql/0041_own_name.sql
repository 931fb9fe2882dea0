-- Ranges of versions may be of what is installed by their name alone (model.advisories.Naming, OWN): they are met here, and
-- not by the name of the source, as far as they can be compared.
CREATE OR REPLACE FUNCTION names_package(named affected_range, ecosystem text, name text, version text, arch text,
                                         match_name text, match_version text, scheme text, scheme_number int, key bytea)
RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
SELECT CASE WHEN named.naming IN ('either', 'own')
    THEN ecosystem = named.ecosystem AND named.name = names_package.name
         AND named.scheme = names_package.scheme AND named.scheme_number = names_package.scheme_number
         AND named.low <= key AND key < named.high
    ELSE (ecosystem = named.ecosystem OR starts_with(ecosystem, named.ecosystem || ':'))
         AND named.name = CASE WHEN named.naming = 'source' THEN match_name ELSE names_package.name END
         AND named.arch IN ('', arch)
         AND (named.exact_version IN ('', CASE WHEN named.naming = 'source' THEN match_version ELSE version END)
              OR (named.naming = 'source' AND named.low = key AND named.scheme = names_package.scheme
                  AND named.scheme_number = names_package.scheme_number))
    END
$$;
