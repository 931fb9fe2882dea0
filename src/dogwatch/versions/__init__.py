"""Version texts become byte strings whose order is the ecosystem's own order of the versions.

One scheme per file, listed in `catalogue`. Pure: no clock, no locale, no I/O. Called wherever a package or an affected
range is stored; nothing in here knows ranges (`matching.ranges`) or packages.
"""

from dogwatch.versions.catalogue import SCHEMES, scheme_named, sort_key, why_not_comparable
from dogwatch.versions.ecosystems import EVERY_ECOSYSTEM, family_of, keying_table, scheme_of, speaks_for
from dogwatch.versions.gotoolchain import go_release_version
from dogwatch.versions.names import (
    UNNAMED_STREAM,
    is_named_by_binary,
    name_in_stream,
    normalise_name,
    spelling_of,
    variant_of,
)
from dogwatch.versions.scheme import (
    HIGHEST,
    LOWEST,
    MAX_VERSION_CHARACTERS,
    NotComparable,
    VersionScheme,
    successor,
)

__all__ = [
    "EVERY_ECOSYSTEM",
    "HIGHEST",
    "LOWEST",
    "MAX_VERSION_CHARACTERS",
    "SCHEMES",
    "UNNAMED_STREAM",
    "NotComparable",
    "VersionScheme",
    "family_of",
    "go_release_version",
    "is_named_by_binary",
    "keying_table",
    "name_in_stream",
    "normalise_name",
    "scheme_named",
    "scheme_of",
    "sort_key",
    "speaks_for",
    "spelling_of",
    "successor",
    "variant_of",
    "why_not_comparable",
]
