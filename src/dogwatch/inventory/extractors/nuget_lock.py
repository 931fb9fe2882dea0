"""NuGet's lock files."""

from __future__ import annotations

import msgspec

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, NamedLockFile, decode_json


class _Entry(msgspec.Struct):
    type: str = ""
    resolved: str | None = None


class _Lock(msgspec.Struct):
    dependencies: dict[str, dict[str, _Entry]] = {}


_LOCK = msgspec.json.Decoder(_Lock)


class NugetLockExtractor(NamedLockFile):
    """Reads `packages.lock.json`, for all frameworks that it names. References to projects do not count.

    Source:
        NuGet documentation, package references in project files, locking dependencies.
    """

    name = "nuget-lock"
    endings = frozenset({"json"})
    file_names = frozenset({"packages.lock.json"})
    ecosystem = "NuGet"

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the packages."""
        listing = Listing(path, self.ecosystem, limits)
        for packages in decode_json(path, content, _LOCK, limits).dependencies.values():
            for name, entry in packages.items():
                if entry.type != "Project":
                    listing.add(name, entry.resolved)
        return listing.extraction()


EXTRACTOR = NugetLockExtractor()
