"""pnpm's lock files, of versions 5 to 9: the part of YAML that pnpm writes, by lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, lies_in_dependency, read_lines

_FIELDS = ("name", "version", "dev")


@dataclass
class _Block:
    """One entry of `packages`: its key, and its simple fields."""

    key: str
    fields: dict[str, str] = field(default_factory=dict)


class PnpmLockExtractor:
    """Reads `pnpm-lock.yaml`.

    Entries marked as needed by development alone are left out; version 9 does not mark them, and all are listed.

    Source:
        pnpm, lockfile specification (versions 5.x, 6.0, 9.0): keys of `packages`, and how they name peers.
    """

    name = "pnpm-lock"
    version = 1
    endings = frozenset({"yaml"})
    ecosystem = "npm"
    needs_content = True

    def wants(self, path: str) -> bool:
        """Say whether it is the lock file of a project."""
        return path.rpartition("/")[2] == "pnpm-lock.yaml" and not lies_in_dependency(path)

    def holds(self, directory: str) -> bool:
        """No directory: lock files lie anywhere."""
        return False

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the packages of the registry that the file lists."""
        listing = Listing(path, self.ecosystem, limits)
        for block in _blocks(read_lines(path, content)):
            if block.fields.get("dev") == "true":
                continue
            name, version = block.fields.get("name"), block.fields.get("version")
            if name is None or version is None:
                key_name, key_version = _split_key(block.key)
                if key_version.startswith(("file:", "link:")) or block.key.startswith(("file:", "link:")):
                    continue
                name, version = name or key_name, version or key_version
            listing.add(name, version)
        return listing.extraction()


def _blocks(lines: Iterator[str]) -> Iterator[_Block]:
    """Yield the entries of the section `packages`: keys two spaces deep, their fields four."""
    block: _Block | None = None
    is_inside = False
    for line in lines:
        depth = len(line) - len(line.lstrip(" "))
        if depth == len(line):
            continue
        if depth == 0:
            is_inside = line.rstrip() == "packages:"
        elif is_inside and depth == 2:
            if block is not None:
                yield block
            block = _Block(_unquote(line.strip().partition(": ")[0].removesuffix(":")))
        elif is_inside and depth == 4 and block is not None:
            key, _, value = line.strip().partition(": ")
            if key in _FIELDS:
                block.fields[key] = _unquote(value)
    if block is not None:
        yield block


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
