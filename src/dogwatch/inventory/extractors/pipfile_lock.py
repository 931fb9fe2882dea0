"""Pipenv's lock files."""

from __future__ import annotations

import msgspec

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, NamedLockFile, decode_json


class _Entry(msgspec.Struct):
    version: str | None = None


class _Lock(msgspec.Struct):
    default: dict[str, _Entry] = {}


_LOCK = msgspec.json.Decoder(_Lock)


class PipfileLockExtractor(NamedLockFile):
    """Reads the section `default` of `Pipfile.lock`; what only development needs is in another.

    Packages from a repository or a folder have no version, and are no packages of the index.

    Source:
        Pipenv 2025.0 documentation, Pipfile and Pipfile.lock.
    """

    name = "pipfile-lock"
    endings = frozenset({"lock"})
    file_names = frozenset({"Pipfile.lock"})
    ecosystem = "PyPI"

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the packages that a program needs to run."""
        listing = Listing(path, self.ecosystem, limits)
        for name, entry in decode_json(path, content, _LOCK, limits).default.items():
            if entry.version is not None:
                listing.add(name, entry.version.lstrip("=").strip())
        return listing.extraction()


EXTRACTOR = PipfileLockExtractor()
