"""Bundler's lock files."""

from __future__ import annotations

import re
from typing import Final

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, NamedLockFile, read_lines

_GEM: Final = re.compile(r"    ([^ ()]+) \(([^()-]+)(?:-[^()]*)?\)$")  # what follows a hyphen is the platform
_SECTIONS: Final = ("GEM", "GIT", "PLUGIN SOURCE")


class GemfileLockExtractor(NamedLockFile):
    """Reads `Gemfile.lock` and `gems.locked`. It does not tell groups: all gems are listed but those of folders.

    Source:
        Bundler 2.7, its lock file's parser.
    """

    name = "gemfile-lock"
    endings = frozenset({"lock", "locked"})
    file_names = frozenset({"Gemfile.lock", "gems.locked"})
    ecosystem = "RubyGems"

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the gems that the file lists."""
        listing = Listing(path, self.ecosystem, limits)
        is_inside = False
        for line in read_lines(path, content):
            if listing.is_full:
                break
            if line and not line.startswith(" "):
                is_inside = line in _SECTIONS
            elif is_inside and (gem := _GEM.match(line)):
                listing.add(gem[1], gem[2])
        return listing.extraction()


EXTRACTOR = GemfileLockExtractor()
