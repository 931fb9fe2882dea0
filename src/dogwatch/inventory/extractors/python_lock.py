"""The lock files of Poetry, uv and PDM: TOML with a table for each package."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, NamedLockFile, read_lines, read_tables
from dogwatch.inventory.lock_graphs import LockGraph

# How uv says that a package is the project itself or a part of it.
_OWN = ("{ virtual =", "{ editable =", "{ directory =")
_UV_NEEDED: Final = re.compile(r'\{ name = "([^"]+)"')
_UV_FIELD: Final = re.compile(r"([A-Za-z0-9_.-]+) = ")
# What Poetry and PDM call the group of what a program needs to run.
_NEEDED = ('"main"', '"default"')


class PythonLockExtractor(NamedLockFile):
    """Reads `poetry.lock`, `uv.lock`, `pdm.lock` and `pylock.toml`.

    Packages that only development needs are left out where the file says so: Poetry by category or groups, PDM by
    groups, uv by what the project's own packages lead to.

    Source:
        Poetry 2.2, uv 0.9 and PDM 2.26, the lock files that they write; PEP 751 for pylock.toml.
    """

    name = "python-lock"
    version = 2
    endings = frozenset({"lock", "toml"})
    file_names = frozenset({"poetry.lock", "uv.lock", "pdm.lock", "pylock.toml"})
    ecosystem = "PyPI"

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the packages that a program needs to run."""
        listing = Listing(path, self.ecosystem, limits)
        needed = _needed_of_uv(read_lines(path, content), limits) if path.endswith("uv.lock") else None
        table_name = "packages" if path.endswith("pylock.toml") else "package"
        for table in read_tables(read_lines(path, content), table_name):
            if listing.is_full:
                break
            if needed is not None and table.get("name") not in needed:
                continue
            if not table.get("source", "").startswith(_OWN) and _is_needed(table):
                listing.add(table.get("name"), table.get("version"))
        return listing.extraction()


def _needed_of_uv(lines: Iterable[str], limits: Limits) -> frozenset[str] | None:
    """Return the names that the project's own packages lead to, extras included; None where it has no own package."""
    graph = LockGraph(limits)
    table = name = field = ""
    for line in lines:
        if line.startswith("["):
            table, field = line, ""
        elif found := _UV_FIELD.match(line):
            field = found[1]
        is_main = table == "[[package]]"
        if is_main and line.startswith("name = "):
            name = line.removeprefix("name = ").strip('"')
        elif is_main and line.removeprefix("source = ").startswith(_OWN):
            graph.begin()
            graph.need((name,))
        elif (is_main and field == "dependencies") or table == "[package.optional-dependencies]":
            graph.need(_UV_NEEDED.findall(line), name)
    return graph.needed()


def _is_needed(table: Mapping[str, str]) -> bool:
    groups = table.get("groups", "")
    has_groups = groups.startswith("[") and groups.endswith("]")
    return table.get("category") != "dev" and (not has_groups or any(group in groups for group in _NEEDED))


EXTRACTOR = PythonLockExtractor()
