"""bun's lock files in text: JSON with commas at the ends, one package in each line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, NamedLockFile, read_lines
from dogwatch.inventory.lock_graphs import LockGraph

_PACKAGE: Final = re.compile(r'    "([^"]+)": \["((?:@[^/"@]+/)?[^"@]+)@([^"]*)"')
_SECTION: Final = re.compile(r'      "(?:dependencies|optionalDependencies|peerDependencies)": \{')
_WANTED: Final = re.compile(r'"(?:dependencies|optionalDependencies|peerDependencies)": \{([^{}]*)\}')
_NAME: Final = re.compile(r'"([^"]+)": "')
_LAST_NAME: Final = re.compile(r"(?:^|/)((?:@[^/]+/)?[^/]+)$")
# How a version says that it is a part of the project itself, not a package of the registry.
_OWN: Final = ("workspace:", "link:", "file:", "root:")


class BunLockExtractor(NamedLockFile):
    """Reads `bun.lock`. What no dependency of the workspaces leads to is needed by development alone, and left out.

    Source:
        Bun 1.3 documentation, lockfile.
    """

    name = "bun-lock"
    version = 2
    endings = frozenset({"lock"})
    file_names = frozenset({"bun.lock"})
    ecosystem = "npm"

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the packages of the registry that a program needs to run."""
        listing = Listing(path, self.ecosystem, limits)
        needed = _needed(read_lines(path, content), limits)
        is_inside = False
        for line in read_lines(path, content):
            if listing.is_full:
                break
            if line.startswith('  "'):
                is_inside = line.startswith('  "packages"')
            elif (
                is_inside
                and (found := _PACKAGE.match(line))
                and not found[3].startswith(_OWN)
                and (needed is None or _last_name(found[1]) in needed)
            ):
                listing.add(found[2], found[3])
        return listing.extraction()


def _needed(lines: Iterable[str], limits: Limits) -> frozenset[str] | None:
    """Return the names that the workspaces lead to, all places of a name together; None where there is none."""
    graph = LockGraph(limits)
    section = ""
    is_needed = False
    for line in lines:
        if line.startswith('  "'):
            section = line[3:].partition('"')[0]
        elif section == "workspaces" and line.startswith('    "'):
            graph.begin()
        elif section == "workspaces" and line.startswith('      "'):
            is_needed = _SECTION.match(line) is not None
            graph.need(_NAME.findall(" ".join(_WANTED.findall(line))))
        elif section == "workspaces" and is_needed and line.startswith('        "'):
            graph.need(_NAME.findall(line))
        elif section == "packages" and (found := _PACKAGE.match(line)):
            wanted = " ".join(_WANTED.findall(line))
            graph.need(_NAME.findall(wanted), _last_name(found[1]))
    return graph.needed()


def _last_name(key: str) -> str:
    """Return the name at the end of a key, which may begin with whom it is for: `express/debug`."""
    found = _LAST_NAME.search(key)
    return found[1] if found else key


EXTRACTOR = BunLockExtractor()
