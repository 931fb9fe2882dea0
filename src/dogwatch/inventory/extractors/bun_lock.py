"""bun's lock files in text: JSON with commas at the ends, one package in each line."""

from __future__ import annotations

import re
from typing import Final

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, NamedLockFile, read_lines

_PACKAGE: Final = re.compile(r'    "[^"]+": \["((?:@[^/"@]+/)?[^"@]+)@([^"]*)"')
# How a version says that it is a part of the project itself, not a package of the registry.
_OWN: Final = ("workspace:", "link:", "file:", "root:")


class BunLockExtractor(NamedLockFile):
    """Reads `bun.lock`. It does not tell which packages only development needs: all are listed.

    Source:
        Bun 1.3 documentation, lockfile.
    """

    name = "bun-lock"
    endings = frozenset({"lock"})
    file_names = frozenset({"bun.lock"})
    ecosystem = "npm"

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return all packages that the file lists."""
        listing = Listing(path, self.ecosystem, limits)
        is_inside = False
        for line in read_lines(path, content):
            if listing.is_full:
                break
            if line.startswith('  "'):
                is_inside = line.startswith('  "packages"')
            elif is_inside and (found := _PACKAGE.match(line)) and not found[2].startswith(_OWN):
                listing.add(found[1], found[2])
        return listing.extraction()


EXTRACTOR = BunLockExtractor()
