"""bun's lock files in text: JSON with commas at the ends, one package in each line."""

from __future__ import annotations

import re
from typing import Final

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, lies_in_dependency, read_lines

_PACKAGE: Final = re.compile(r'    "[^"]+": \["((?:@[^/"@]+/)?[^"@]+)@([^"]*)"')
# How a version says that it is a part of the project itself, not a package of the registry.
_OWN: Final = ("workspace:", "link:", "file:", "root:")


class BunLockExtractor:
    """Reads `bun.lock`. It does not tell which packages only development needs: all are listed.

    Source:
        Bun 1.3 documentation, lockfile.
    """

    name = "bun-lock"
    version = 1
    endings = frozenset({"lock"})
    ecosystem = "npm"
    needs_content = True

    def wants(self, path: str) -> bool:
        """Say whether it is the lock file of a project."""
        return path.endswith("bun.lock") and path.rpartition("/")[2] == "bun.lock" and not lies_in_dependency(path)

    def holds(self, directory: str) -> bool:
        """No directory: lock files lie anywhere."""
        return False

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return all packages that the file lists."""
        listing = Listing(path, self.ecosystem, limits)
        is_inside = False
        for line in read_lines(path, content):
            if line.startswith('  "'):
                is_inside = line.startswith('  "packages"')
            elif is_inside and (found := _PACKAGE.match(line)) and not found[2].startswith(_OWN):
                listing.add(found[1], found[2])
        return listing.extraction()


EXTRACTOR = BunLockExtractor()
