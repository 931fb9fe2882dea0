"""One header of rpm: an index of tags, and the data they point into.

Source: rpm 4.20, docs/manual/format_header.md and lib/header.c; tags from include/rpm/rpmtag.h.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from dogwatch.inventory.rpm.reading import RpmFormatError

NAME: Final = 1000
VERSION: Final = 1001
RELEASE: Final = 1002
EPOCH: Final = 1003
VENDOR: Final = 1011
ARCH: Final = 1022
SOURCE_RPM: Final = 1044
MODULARITY_LABEL: Final = 5096
_OLD_FILE_NAMES = 1027
_DIRECTORY_INDEXES = 1116
_BASE_NAMES = 1117
_DIRECTORY_NAMES = 1118
_WANTED = frozenset(
    {
        *(NAME, VERSION, RELEASE, EPOCH, VENDOR, ARCH, SOURCE_RPM, MODULARITY_LABEL),
        *(_OLD_FILE_NAMES, _DIRECTORY_INDEXES, _BASE_NAMES, _DIRECTORY_NAMES),
    }
)

_INT32, _STRING, _STRING_ARRAY, _I18N = 4, 6, 8, 9
_ENTRY = struct.Struct(">IIII")  # tag, type, offset, count
_MOST_ENTRIES = 65_535  # rpm takes no more
_LONGEST_DIRECTORY = 4096  # PATH_MAX of Linux


class Header:
    """One package's header, of which single values are looked up."""

    def __init__(self, blob: bytes, most_files: int) -> None:
        """Take the bytes as the database has them.

        Raises:
            RpmFormatError: the index says more than there is.
        """
        if len(blob) < 8:
            raise RpmFormatError("a header that is cut off")
        entries, data_bytes = struct.unpack_from(">II", blob)
        start = 8 + _ENTRY.size * entries
        if entries > _MOST_ENTRIES or start + data_bytes > len(blob):
            raise RpmFormatError("a header that is cut off")
        self._blob = blob
        self._start = start
        self._end = start + data_bytes
        self._most_files = most_files
        # What was added later stands behind the original part, and counts.
        self._index = {
            tag: (kind, offset, count)
            for tag, kind, offset, count in _ENTRY.iter_unpack(blob[8:start])
            if tag in _WANTED
        }

    def text(self, tag: int) -> bytes:
        """Return a text, empty if there is none.

        Raises:
            RpmFormatError: it stands outside the data, or is no text.
        """
        found = self._index.get(tag)
        if found is None:
            return b""
        kind, offset, count = found
        if kind not in (_STRING, _STRING_ARRAY, _I18N) or count < 1:
            raise RpmFormatError("a tag of another type")
        return self._texts(offset, 1)[0]

    def number(self, tag: int) -> int:
        """Return a number, 0 if there is none.

        Raises:
            RpmFormatError: it stands outside the data, or is no number.
        """
        if tag not in self._index:
            return 0
        kind, offset, _ = self._index[tag]
        return self._numbers(kind, offset, 1)[0]

    def has_too_many_files(self) -> bool:
        """Say whether the package names more files than are looked at."""
        return any(
            self._index[tag][2] > self._most_files
            for tag in (_BASE_NAMES, _DIRECTORY_NAMES, _DIRECTORY_INDEXES, _OLD_FILE_NAMES)
            if tag in self._index
        )

    def files(self) -> Iterator[bytes]:
        """Yield the paths of the package's files, relative to the root.

        Raises:
            RpmFormatError: what they are put together from does not fit.
        """
        if _OLD_FILE_NAMES in self._index:
            yield from (path.lstrip(b"/") for path in self._array(_OLD_FILE_NAMES))
        if not {_BASE_NAMES, _DIRECTORY_NAMES, _DIRECTORY_INDEXES} <= self._index.keys():
            return
        names = self._array(_BASE_NAMES)
        directories = [name.lstrip(b"/") for name in self._array(_DIRECTORY_NAMES)]
        indexes = self._numbers(*self._index[_DIRECTORY_INDEXES])
        if len(indexes) != len(names) or max(indexes, default=0) >= len(directories):
            raise RpmFormatError("files in directories that are not there")
        for name, index in zip(names, indexes, strict=True):
            if len(directories[index]) <= _LONGEST_DIRECTORY:
                yield directories[index] + name

    def _array(self, tag: int) -> list[bytes]:
        kind, offset, count = self._index[tag]
        if kind != _STRING_ARRAY:
            raise RpmFormatError("a tag of another type")
        return self._texts(offset, count)

    def _texts(self, offset: int, count: int) -> list[bytes]:
        start = self._start + offset
        if start >= self._end or count > self._end - start:
            raise RpmFormatError("a text outside the data")
        if count == 1:
            end = self._blob.find(b"\0", start, self._end)
            found = [self._blob[start:end]] if end >= 0 else []
        else:
            found = self._blob[start : self._end].split(b"\0", count)[:-1]
        if len(found) != count:
            raise RpmFormatError("a text that does not end")
        return found

    def _numbers(self, kind: int, offset: int, count: int) -> tuple[int, ...]:
        start = self._start + offset
        if kind != _INT32 or not count >= 1 or start + 4 * count > self._end:
            raise RpmFormatError("a number outside the data")
        return struct.unpack_from(f">{count}I", self._blob, start)
