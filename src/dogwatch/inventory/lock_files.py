"""What extractors of lock files share: which lie where nobody installs from, their lines, their JSON, what they list.

Lock files are written by programs and read here by lines or by the fields that matter, never as whole documents: time
and memory follow their size, however they are nested, and nothing in them can refer to anything else.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Final, TypeVar

import msgspec

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.limits import Limits
from dogwatch.inventory.naming import is_keepable, show, too_many_entries
from dogwatch.model.errors import MalformedPackageDatabaseError
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import Package

# Folders of installed or fetched dependencies: a lock file in them is what their authors developed with.
_DEPENDENCIES: Final = re.compile(
    r"(?:^|/)(?:node_modules|bower_components|site-packages|dist-packages|gems|vendor|pkg/mod|\.cargo/(?:registry|git))/"
)
_T = TypeVar("_T")


def lies_in_dependency(path: str) -> bool:
    """Say whether a file came along with a dependency, so that nobody installed anything from it here."""
    return _DEPENDENCIES.search(path) is not None


def read_lines(path: str, content: bytes) -> Iterator[str]:
    """Yield the lines of a text file without their ends.

    Raises:
        MalformedPackageDatabaseError: it is not UTF-8.
    """
    for line in io.BytesIO(content.removeprefix(b"\xef\xbb\xbf")):
        try:
            yield line.rstrip(b"\r\n").decode("utf-8")
        except UnicodeDecodeError as error:
            raise MalformedPackageDatabaseError(path, "not UTF-8") from error


def decode_json(path: str, content: bytes, decoder: msgspec.json.Decoder[_T], limits: Limits) -> _T:
    """Return the fields that the decoder knows; all others are passed over and take no memory.

    Raises:
        MalformedPackageDatabaseError: not JSON, not what the decoder expects, or of more objects than any real file.
    """
    if content.count(b"{") > 4 * limits.file_entries:  # each becomes a value of some 200 bytes
        raise MalformedPackageDatabaseError(path, f"more than {4 * limits.file_entries} objects in it")
    try:
        return decoder.decode(content.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedPackageDatabaseError(path, f"not of this kind: {show(error, 200)}") from error


class Listing:
    """What one file lists, as it is gone through."""

    def __init__(self, path: str, ecosystem: str, limits: Limits) -> None:
        self._path = path
        self._ecosystem = ecosystem
        self._limits = limits
        self._packages: set[Package] = set()
        self._unusable: list[tuple[str, str]] = []
        self._count = 0

    @property
    def is_full(self) -> bool:
        """Whether it lists more than the limit: what stands behind need not be read."""
        return self._count > self._limits.file_entries

    def add(self, name: str | None, version: str | None) -> None:
        """Take note of one entry."""
        self._count += 1
        if self.is_full:
            return
        if is_keepable(name, self._limits) and is_keepable(version, self._limits):
            self._packages.add(Package(self._ecosystem, str(name), str(version)))
        else:
            self._unusable.append((name or "-", version or "-"))

    def extraction(self) -> Extraction:
        """Return the packages, and one gap each for entries without a usable name and version, and for too many."""
        gaps: list[Gap] = []
        if self._unusable:
            name, version = self._unusable[0]
            more = f" and {len(self._unusable) - 1} others" if len(self._unusable) > 1 else ""
            detail = f"no usable name and version: {show(name)} {show(version)}{more}"
            gaps.append(Gap(GapKind.PACKAGE_INCOMPLETE, self._path, detail))
        if self.is_full:
            gaps.append(too_many_entries(self._path, self._limits))
        return Extraction(packages=tuple(sorted(self._packages)), gaps=tuple(sorted(gaps)))
