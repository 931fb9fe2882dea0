"""Cargo's lock files: the crates of a Rust project."""

from __future__ import annotations

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, NamedLockFile, read_lines, read_tables


class CargoLockExtractor(NamedLockFile):
    """Reads `Cargo.lock`. Packages without a source are the project's own.

    It does not tell which crates only tests or the build need: all are listed.

    Source:
        The Cargo Book, Cargo.toml vs Cargo.lock; cargo 1.90, format of its lock file (versions 1 to 4).
    """

    name = "cargo-lock"
    endings = frozenset({"lock"})
    file_names = frozenset({"Cargo.lock"})
    ecosystem = "crates.io"

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the crates that come from a registry or a repository."""
        listing = Listing(path, self.ecosystem, limits)
        for table in read_tables(read_lines(path, content)):
            if listing.is_full:
                break
            if "source" in table:
                listing.add(table.get("name"), table.get("version"))
        return listing.extraction()


EXTRACTOR = CargoLockExtractor()
