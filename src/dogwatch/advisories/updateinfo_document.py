"""`updateinfo.xml` of yum and dnf repositories: one update after the other, read as a stream.

An update names the binary packages that mend something, and the vulnerabilities, if any. The file is XML of anybody's
making: a document type, and with it every entity, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.parsers import expat

import msgspec

from dogwatch.advisories.limits import TEXT_LIMITS, FeedLimits
from dogwatch.advisories.packed_file import UNPACKING_ERRORS, open_packed
from dogwatch.model.errors import LimitExceededError, MalformedSnapshotError

ENCODING: Final = "utf-8"
"""Whatever encoding a file names: publishers write no other, and Python's own codecs raise what they like."""

_PIECE_BYTES: Final = 256 * 1024
_CVE: Final = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}")
_TEXTS: Final = frozenset({"id", "title", "description", "severity"})
_MOST_PACKAGES: Final = 20_000
"""Of one update; the largest seen, of whole releases, name some thousand."""


class UpdatedPackage(msgspec.Struct, frozen=True, order=True, array_like=True):
    """A binary package in the version that an update brings: `epoch:version-release`, without an epoch of 0.

    The version is empty where the file tells it in part or not at all.
    """

    name: str
    version: str


class Update(msgspec.Struct):
    """One update. `issued` and `updated` are as the file writes them (`2023-02-22 23:22:00`), empty if not told."""

    id: str = ""
    type: str = ""
    title: str = ""
    description: str = ""
    severity: str = ""
    issued: str = ""
    updated: str = ""
    cves: list[str] = []
    packages: list[UpdatedPackage] = []
    nameless: int = 0
    """Packages without a name."""


class _RefusedError(Exception):
    """The document is none that we read."""


_UNREADABLE: Final[tuple[type[Exception], ...]] = (expat.ExpatError, _RefusedError, *UNPACKING_ERRORS)


def read_updates(path: Path, label: str, limits: FeedLimits) -> Iterator[Update]:
    """Yield the updates of a file, packed as its first bytes say.

    Raises:
        MalformedSnapshotError: not such a file, or cut off.
        LimitExceededError: it unpacks to more than the limit.

    Source:
        createrepo_c 1.1, updateinfo format; the files of Amazon Linux, Oracle Linux, Fedora, AlmaLinux and Photon.
    """
    reader = _Reader()
    unpacked = 0
    try:
        with open_packed(path) as file:
            while piece := file.read(_PIECE_BYTES):
                unpacked += len(piece)
                if unpacked > limits.max_inflated_bytes:
                    raise LimitExceededError(label, "max_inflated_bytes", limits.max_inflated_bytes, "bytes")
                yield from reader.feed(piece, is_last=False)
        yield from reader.feed(b"", is_last=True)
    except _UNREADABLE as refused:
        raise MalformedSnapshotError(label, f"not an updateinfo: {str(refused)[:200]}") from refused


class _Reader:
    """Takes the elements as they come; keeps one update at a time, and of its texts as much as is shown."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(ENCODING)
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._path: list[str] = []
        self._update = Update()
        self._packages: set[UpdatedPackage] = set()
        self._texts: list[str] = []
        self._done: list[Update] = []

    def feed(self, piece: bytes, *, is_last: bool) -> list[Update]:
        """Take bytes; returns the updates that ended in them."""
        self._parser.Parse(piece, is_last)
        done, self._done = self._done, []
        return done

    def _refuse(self, *_: object) -> None:
        raise _RefusedError("a document type, which such a file never has")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        if len(self._path) == 1 and name != "updates":
            raise _RefusedError(f"its root is {name[:80]}")
        if len(self._path) == 2:
            self._update = Update(type=attributes.get("type", ""))
            self._packages = set()
        elif name in ("issued", "updated"):
            setattr(self._update, name, attributes.get("date", ""))
        elif name == "reference":
            self._take_reference(attributes)
        elif name == "package":
            self._take_package(attributes)
        self._texts = []

    def _text(self, text: str) -> None:
        if len(self._path) == 3 and self._path[2] in _TEXTS and len(self._texts) < TEXT_LIMITS.max_details:
            self._texts.append(text[: TEXT_LIMITS.max_details])

    def _end(self, name: str) -> None:
        if len(self._path) == 3 and name in _TEXTS:
            setattr(self._update, name, "".join(self._texts).strip()[: TEXT_LIMITS.max_details])
        elif len(self._path) == 2:
            self._update.packages = sorted(self._packages)
            self._update.cves = sorted(set(self._update.cves))
            self._done.append(self._update)
        self._path.pop()

    def _take_reference(self, attributes: dict[str, str]) -> None:
        """Take a CVE's id; some publishers name it in the title of a reference to elsewhere."""
        if attributes.get("type") in ("cve", "security"):
            texts = f"{attributes.get('id', '')} {attributes.get('title', '')}"
        else:
            texts = attributes.get("title", "")
        if len(self._update.cves) < TEXT_LIMITS.max_names:
            self._update.cves = [*self._update.cves, *_CVE.findall(texts)]

    def _take_package(self, attributes: dict[str, str]) -> None:
        """Take a package; sources are not installed."""
        name, version, release = (attributes.get(each, "") for each in ("name", "version", "release"))
        if attributes.get("arch") == "src":
            return
        if not name:
            self._update.nameless += 1
            return
        if len(self._packages) >= _MOST_PACKAGES:
            raise _RefusedError(f"{self._update.id[:80]} names more than {_MOST_PACKAGES} packages")
        epoch = attributes.get("epoch", "") or "0"
        label = f"{version}-{release}" if epoch == "0" else f"{epoch}:{version}-{release}"
        self._packages.add(UpdatedPackage(name, label if version and release else ""))
