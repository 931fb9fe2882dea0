"""Gradle's lock files."""

from __future__ import annotations

import re
from typing import Final

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, NamedLockFile, read_lines

# Parts in the names of configurations that nothing is run with.
_DEVELOPMENT: Final = re.compile(r"test|annotationprocessor|kapt|checkstyle|detekt|jacoco|ktlint|pmd|spotbugs")


class GradleLockExtractor(NamedLockFile):
    """Reads `gradle.lockfile`. What only tests and tools of the build need is told by the names of configurations.

    Source:
        Gradle 8 User Manual, Locking Versions: `group:artifact:version=configuration,…` in each line.
    """

    name = "gradle-lock"
    endings = frozenset({"lockfile"})
    file_names = frozenset({"gradle.lockfile"})
    ecosystem = "Maven"

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the artifacts that something is run or compiled with."""
        listing = Listing(path, self.ecosystem, limits)
        for line in read_lines(path, content):
            if listing.is_full:
                break
            coordinates, equals, configurations = line.partition("=")
            parts = coordinates.split(":")
            if not equals or len(parts) != 3 or line.startswith("#"):
                continue
            if not all(_DEVELOPMENT.search(each) for each in configurations.lower().split(",")):
                listing.add(f"{parts[0]}:{parts[1]}", parts[2])
        return listing.extraction()


EXTRACTOR = GradleLockExtractor()
