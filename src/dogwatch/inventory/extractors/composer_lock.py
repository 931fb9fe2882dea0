"""Composer's lock files."""

from __future__ import annotations

import msgspec

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, NamedLockFile, decode_json


class Entry(msgspec.Struct):
    """A package as Composer writes it, in its lock file and in what it installed."""

    name: str | None = None
    version: str | None = None


class _Lock(msgspec.Struct):
    packages: list[Entry] = []


_LOCK = msgspec.json.Decoder(_Lock)


class ComposerLockExtractor(NamedLockFile):
    """Reads the section `packages` of `composer.lock`; what only development needs is in another.

    Source:
        Composer 2.8 documentation, composer.lock.
    """

    name = "composer-lock"
    endings = frozenset({"lock"})
    file_names = frozenset({"composer.lock"})
    ecosystem = "Packagist"

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the packages that a program needs to run."""
        listing = Listing(path, self.ecosystem, limits)
        for entry in decode_json(path, content, _LOCK, limits).packages:
            listing.add(entry.name, entry.version)
        return listing.extraction()


EXTRACTOR = ComposerLockExtractor()
