"""All extractors, and the fingerprint under which evidence is kept. A test checks the tuple against the folder."""

from __future__ import annotations

from typing import Final

from dogwatch.inventory.extractor import Extractor
from dogwatch.inventory.extractors import (
    dpkg_ownership,
    dpkg_status,
    npm_package,
    os_release,
    python_metadata,
    unread_database,
)

EXTRACTORS: Final[tuple[Extractor, ...]] = (
    os_release.EXTRACTOR,
    dpkg_status.EXTRACTOR,
    dpkg_ownership.EXTRACTOR,
    python_metadata.EXTRACTOR,
    npm_package.EXTRACTOR,
    unread_database.EXTRACTOR,
)

# Raised when the same layer gives other evidence although no extractor changed: paths, links, limits, the encoding.
READER_VERSION: Final = 1

# Evidence is stored under (layer digest, this text): a better extractor makes old evidence count as not there.
FINGERPRINT: Final = ",".join(
    [f"reader={READER_VERSION}", *sorted(f"{extractor.name}={extractor.version}" for extractor in EXTRACTORS)]
)


# Bound once: the next two functions run for every entry of every layer.
_WANTS: Final = tuple((extractor.wants, extractor) for extractor in EXTRACTORS)
_HOLDS: Final = tuple(extractor.holds for extractor in EXTRACTORS)


def find_extractor(path: str) -> Extractor | None:
    """Return the extractor that wants a file at this path, or None."""
    for wants, extractor in _WANTS:
        if wants(path):
            return extractor
    return None


def may_hold_wanted_files(directory: str) -> bool:
    """Say whether any extractor wants files because they lie in this directory."""
    for holds in _HOLDS:  # noqa: SIM110 - a generator costs twice as much here
        if holds(directory):
            return True
    return False
