"""Swift's lock files."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.lock_files import Listing, NamedLockFile, decode_json

# git's short form of an address, `git@host:path`.
_SHORT: Final = re.compile(r"(?:[^@/]+@)?([^:/]+):(?!//)(.+)")


class _State(msgspec.Struct):
    version: str | None = None


class _Pin(msgspec.Struct):
    location: str = ""
    repositoryURL: str = ""  # noqa: N815 - version 1 of the file calls it so
    state: _State = msgspec.field(default_factory=_State)


class _Pins(msgspec.Struct):
    pins: list[_Pin] = []


class _Resolved(msgspec.Struct):
    pins: list[_Pin] = []
    object: _Pins = msgspec.field(default_factory=_Pins)


_RESOLVED = msgspec.json.Decoder(_Resolved)


class SwiftResolvedExtractor(NamedLockFile):
    """Reads `Package.resolved`, versions 1 to 3. A package is its repository's address; branches have no version.

    Source:
        Swift Package Manager 6.2, PinsStore.
    """

    name = "swift-resolved"
    endings = frozenset({"resolved"})
    file_names = frozenset({"Package.resolved"})
    ecosystem = "SwiftURL"

    def extract(self, path: str, content: bytes, limits: Limits) -> Extraction:
        """Return the packages."""
        found = decode_json(path, content, _RESOLVED, limits)
        listing = Listing(path, self.ecosystem, limits)
        for pin in (*found.pins, *found.object.pins):
            if pin.state.version is not None:
                listing.add(_repository(pin.location or pin.repositoryURL), pin.state.version)
        return listing.extraction()


def _repository(address: str) -> str:
    """Return the address as advisories write it, without scheme and ending."""
    short = _SHORT.fullmatch(address)
    address = f"{short[1]}/{short[2]}" if short else address.rpartition("://")[2].rpartition("@")[2]
    return address.rstrip("/").removesuffix(".git")


EXTRACTOR = SwiftResolvedExtractor()
