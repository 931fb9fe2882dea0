"""pnpm's lock files, of versions 5 to 9: the part of YAML that pnpm writes, by lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, NamedLockFile, read_entries, read_lines
from dogwatch.inventory.lock_graphs import LockGraph

_NEEDED: Final = ("dependencies:", "optionalDependencies:")


class PnpmLockExtractor(NamedLockFile):
    """Reads `pnpm-lock.yaml`.

    What development alone needs is left out: up to version 6 it is marked, in version 9 it is what no dependency of
    the project's parts (`importers`) leads to.

    Source:
        pnpm, lockfile specification (versions 5.x, 6.0, 9.0): keys of `packages`, and how they name peers; `importers`
        and `snapshots` of version 9.
    """

    name = "pnpm-lock"
    version = 2
    endings = frozenset({"yaml"})
    file_names = frozenset({"pnpm-lock.yaml"})
    ecosystem = "npm"

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the packages of the registry that the file lists."""
        listing = Listing(path, self.ecosystem, limits)
        needed = _needed(read_lines(path, content), limits)
        for key, fields in read_entries(read_lines(path, content), "packages"):
            if listing.is_full:
                break
            if fields.get("dev") == "true" or (needed is not None and key not in needed):
                continue
            name, version = fields.get("name"), fields.get("version")
            if name is None or version is None:
                key_name, key_version = _split_key(key)
                if key_version.startswith(("file:", "link:")) or key.startswith(("file:", "link:")):
                    continue
                name, version = name or key_name, version or key_version
            listing.add(name, version)
        return listing.extraction()


def _needed(lines: Iterable[str], limits: Limits) -> frozenset[str] | None:
    """Return the keys of `packages` that the project needs to run; None where the file is of an older version."""
    graph = LockGraph(limits)
    section = kind = name = ""
    has_importers = False
    for line in lines:
        text = line.strip()
        depth = len(line) - len(line.lstrip(" "))
        if not text:
            continue
        if depth == 0:
            has_importers = has_importers or section == "importers:"
            section = text
            if section == "snapshots:" and has_importers:
                graph.begin()
        elif depth == 4:
            kind = text
        elif section == "importers:" and depth == 6:
            name = _unquote(text.removesuffix(":"))
        elif section == "importers:" and depth == 8 and kind in _NEEDED and text.startswith("version: "):
            graph.need(_keys(name, text.removeprefix("version: ")))
        elif section == "snapshots:" and depth == 2:
            name = _unquote(text.partition(": ")[0].removesuffix(":"))
            graph.need((name.partition("(")[0],), name)
        elif section == "snapshots:" and depth == 6 and kind in _NEEDED:
            wanted, _, version = text.partition(": ")
            graph.need(_keys(_unquote(wanted), version), name)
    return graph.needed()


def _keys(name: str, version: str) -> tuple[str, ...]:
    """Return the keys that a dependency may have: an alias names the other package with its version."""
    version = _unquote(version)
    return f"{name}@{version}", version


def _unquote(text: str) -> str:
    return text.strip().strip("'\"")


def _split_key(key: str) -> tuple[str, str]:
    """Return name and version of a key: `/a/1.0.0_peer@2`, `/a@1.0.0(peer@2)`, or `a@1.0.0`."""
    key = key.removeprefix("/")
    scope, slash, rest = key.partition("/") if key.startswith("@") else ("", "", key)
    at = rest.find("@", 1)
    slash_at = rest.find("/")
    if slash_at > 0 and (at < 0 or slash_at < at):
        name, version = rest[:slash_at], rest[slash_at + 1 :].partition("_")[0]
    else:
        name, version = (rest[:at], rest[at + 1 :]) if at > 0 else (rest, "")
    return scope + slash + name, version.partition("(")[0]


EXTRACTOR = PnpmLockExtractor()
