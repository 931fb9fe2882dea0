"""Dart's lock files."""

from __future__ import annotations

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, NamedLockFile, read_entries, read_lines


class PubLockExtractor(NamedLockFile):
    """Reads `pubspec.lock`. What development needs directly is marked, and left out; so are the SDK and folders.

    Source:
        Dart documentation, pub glossary (lock file) and package dependencies (sources: hosted, git, path, sdk).
    """

    name = "pub-lock"
    endings = frozenset({"lock"})
    file_names = frozenset({"pubspec.lock"})
    ecosystem = "Pub"

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the packages."""
        listing = Listing(path, self.ecosystem, limits)
        for name, fields in read_entries(read_lines(path, content), "packages"):
            if listing.is_full:
                break
            if fields.get("dependency") != "direct dev" and fields.get("source") not in ("sdk", "path"):
                listing.add(name, fields.get("version"))
        return listing.extraction()


EXTRACTOR = PubLockExtractor()
