"""npm's lock files, of all three versions, and its shrinkwrap files, which are the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, NamedLockFile, decode_json
from dogwatch.model.errors import MalformedPackageDatabaseError

_FOLDER = "node_modules/"
_DEPTH_MAX = 50  # each level is gone through once more for each above it; real ones have under 20


class _Entry(msgspec.Struct):
    """One entry; versions 2 and 3 list them flat by their place, version 1 nests them by name."""

    name: str = ""
    version: str = ""
    dev: bool = False
    link: bool = False
    dependencies: msgspec.Raw = msgspec.Raw(b"")


class _Lock(msgspec.Struct):
    packages: dict[str, _Entry] | None = None
    dependencies: msgspec.Raw = msgspec.Raw(b"")


_LOCK = msgspec.json.Decoder(_Lock)
_NESTED = msgspec.json.Decoder(dict[str, _Entry])


class NpmLockExtractor(NamedLockFile):
    """Reads `package-lock.json` and `npm-shrinkwrap.json`.

    Entries that only development needs are left out: where they are installed all the same, their own package.json
    tells. Links and the projects themselves are no packages of the registry.

    Source:
        npm documentation, package-lock.json (lockfileVersion 1 to 3), npm 11.
    """

    name = "npm-lock"
    endings = frozenset({"json"})
    file_names = frozenset({"package-lock.json", "npm-shrinkwrap.json"})
    ecosystem = "npm"

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the packages that an installation for production would have."""
        lock = decode_json(path, content, _LOCK, limits)
        listing = Listing(path, self.ecosystem, limits)
        if lock.packages is not None:
            for name, version in _flat(lock.packages):
                listing.add(name, version)
        else:
            for name, version in _nested(path, bytes(lock.dependencies), limits):
                listing.add(name, version)
        return listing.extraction()


def _flat(packages: Mapping[str, _Entry]) -> Iterator[tuple[str, str]]:
    for place, entry in packages.items():
        _, folder, name = place.rpartition(_FOLDER)
        if folder and not entry.dev and not entry.link:
            yield entry.name or name, entry.version


def _nested(path: str, dependencies: bytes, limits: Limits) -> Iterator[tuple[str, str]]:
    waiting = [(0, dependencies)]
    while waiting:
        depth, level = waiting.pop()
        if not level or level == b"{}":
            continue
        if depth >= _DEPTH_MAX:
            raise MalformedPackageDatabaseError(path, f"dependencies nested more than {_DEPTH_MAX} deep")
        for name, entry in decode_json(path, level, _NESTED, limits).items():
            if entry.dev:
                continue
            if entry.version.startswith("npm:"):  # under another name: npm:NAME@VERSION
                real, _, version = entry.version.removeprefix("npm:").rpartition("@")
                yield real, version
            else:
                yield name, entry.version
            waiting.append((depth + 1, bytes(entry.dependencies)))


EXTRACTOR = NpmLockExtractor()
