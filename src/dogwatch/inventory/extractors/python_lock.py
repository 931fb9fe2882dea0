"""The lock files of Poetry, uv and PDM: TOML with a table for each package."""

from __future__ import annotations

from collections.abc import Mapping

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, NamedLockFile, read_lines, read_tables

# How uv says that a package is the project itself or a part of it.
_OWN = ("{ virtual =", "{ editable =", "{ directory =")
# What Poetry and PDM call the group of what a program needs to run.
_NEEDED = ('"main"', '"default"')


class PythonLockExtractor(NamedLockFile):
    """Reads `poetry.lock`, `uv.lock`, `pdm.lock` and `pylock.toml`.

    Packages that only development needs are left out where the file says so: Poetry by category or groups, PDM by
    groups; uv does not.

    Source:
        Poetry 2.2, uv 0.9 and PDM 2.26, the lock files that they write; PEP 751 for pylock.toml.
    """

    name = "python-lock"
    endings = frozenset({"lock", "toml"})
    file_names = frozenset({"poetry.lock", "uv.lock", "pdm.lock", "pylock.toml"})
    ecosystem = "PyPI"

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the packages that a program needs to run."""
        listing = Listing(path, self.ecosystem, limits)
        table_name = "packages" if path.endswith("pylock.toml") else "package"
        for table in read_tables(read_lines(path, content), table_name):
            if listing.is_full:
                break
            if not table.get("source", "").startswith(_OWN) and _is_needed(table):
                listing.add(table.get("name"), table.get("version"))
        return listing.extraction()


def _is_needed(table: Mapping[str, str]) -> bool:
    groups = table.get("groups", "")
    has_groups = groups.startswith("[") and groups.endswith("]")
    return table.get("category") != "dev" and (not has_groups or any(group in groups for group in _NEEDED))


EXTRACTOR = PythonLockExtractor()
