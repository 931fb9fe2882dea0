"""Elixir's lock files: a map of Elixir, one package in each line."""

from __future__ import annotations

import re
from typing import Final

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, NamedLockFile, read_lines

_PACKAGE: Final = re.compile(r'\s*"[^"]+": *\{ *:hex, *:"?([^",]+)"?, *"([^"]+)"')


class MixLockExtractor(NamedLockFile):
    """Reads `mix.lock`: the packages of Hex; those of repositories have a commit and no version.

    Source:
        Hex 2.2, Hex.Mix, and Mix.Dep.Lock of Elixir 1.19.
    """

    name = "mix-lock"
    endings = frozenset({"lock"})
    file_names = frozenset({"mix.lock"})
    ecosystem = "Hex"

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the packages."""
        listing = Listing(path, self.ecosystem, limits)
        for line in read_lines(path, content):
            if listing.is_full:
                break
            if found := _PACKAGE.match(line):
                listing.add(found[1], found[2])
        return listing.extraction()


EXTRACTOR = MixLockExtractor()
