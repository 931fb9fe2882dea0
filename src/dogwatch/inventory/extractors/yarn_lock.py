"""yarn's lock files: those of version 1, and those of its successors, which look like YAML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, NamedLockFile, read_lines

# How a descriptor says that it is a part of the project itself, not a package of the registry.
_OWN = ("workspace:", "link:", "portal:", "file:")


@dataclass
class _Block:
    """One entry: the first of its descriptors (`name@range`), and its fields of the first level."""

    descriptor: str
    fields: dict[str, str] = field(default_factory=dict)


class YarnLockExtractor(NamedLockFile):
    """Reads `yarn.lock`.

    It does not tell which packages only development needs: all are listed. The project's own parts (workspaces, links)
    are no packages of the registry.

    Source:
        yarn 1.22, package lockfile (parser and stringify); Yarn 4 documentation, lexicon (descriptor, locator).
    """

    name = "yarn-lock"
    endings = frozenset({"lock"})
    file_names = frozenset({"yarn.lock"})
    ecosystem = "npm"

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return all packages that the file lists."""
        listing = Listing(path, self.ecosystem, limits)
        for block in _blocks(read_lines(path, content)):
            if listing.is_full:
                break
            name, wanted = _split(block.fields.get("resolution") or block.descriptor)
            if name == "__metadata" or wanted.startswith(_OWN):
                continue
            listing.add(name, block.fields.get("version"))
        return listing.extraction()


def _blocks(lines: Iterator[str]) -> Iterator[_Block]:
    block = None
    for line in lines:
        if not line or line.startswith("#"):
            continue
        if not line.startswith(" "):
            if block is not None:
                yield block
            block = _Block(_unquote(line.removesuffix(":").partition(",")[0]))
        elif block is not None and line.startswith("  ") and line[2:3] != " ":
            key, _, value = line.strip().partition(" ")
            if value and key.rstrip(":") in ("version", "resolution"):
                block.fields.setdefault(key.rstrip(":"), _unquote(value))
    if block is not None:
        yield block


def _unquote(text: str) -> str:
    return text.strip().strip('"')


def _split(descriptor: str) -> tuple[str, str]:
    """Return the package's real name and what is asked for; an alias is `alias@npm:name@range`."""
    at = descriptor.find("@", 1)
    if at < 0:
        return descriptor, ""
    name, wanted = descriptor[:at], descriptor[at + 1 :]
    if wanted.startswith("npm:") and (inner := wanted.find("@", len("npm:") + 1)) > 0:
        return wanted[len("npm:") : inner], wanted[inner + 1 :]
    return name, wanted


EXTRACTOR = YarnLockExtractor()
