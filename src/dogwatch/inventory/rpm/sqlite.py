"""rpm's database in SQLite: the headers in its table Packages.

Read page by page by ourselves: SQLite itself would follow whatever a hostile schema says, in memory nobody bounds.

Source:
    Database File Format of SQLite 3.46, sections 1.3, 1.6, 2.1 and 2.6; rpm 4.20, lib/backend/sqlite.c for the table
    (hnum INTEGER PRIMARY KEY, blob BLOB).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from dogwatch.inventory.rpm.reading import DatabaseFile, RpmFormatError, VisitedPages

MAGIC: Final = b"SQLite format 3\0"

_FILE_HEADER_BYTES = 100
_INTERIOR, _LEAF = 5, 13  # of tables; indexes have other types and are not followed
_TABLE = b"Packages"
_DEEPEST = 20  # a tree of this depth has more leaves than any file has pages
_SCHEMA_ROW_BYTES = 65_536  # one line of SQL
_MOST_VARINT_BYTES = 9


class SqliteReader:
    """The pages of one file."""

    def __init__(self, file: DatabaseFile) -> None:
        header = file.read(0, _FILE_HEADER_BYTES)
        page_bytes = int.from_bytes(header[16:18], "big")
        self._file = file
        self._page_bytes = 65_536 if page_bytes == 1 else page_bytes
        if self._page_bytes < 512 or self._page_bytes & (self._page_bytes - 1):
            raise RpmFormatError(f"pages of {self._page_bytes} bytes")
        self._usable = self._page_bytes - header[20]
        if self._usable < 480:
            raise RpmFormatError("pages without room")
        self._visited = VisitedPages(file.size_bytes // self._page_bytes)
        is_counted = header[24:28] == header[92:96]  # old writers did not keep the count of pages
        self._told_pages = int.from_bytes(header[28:32], "big") if is_counted else 0

    def headers(self) -> Iterator[bytes]:
        """Yield the header of each package.

        Raises:
            RpmFormatError: the file is damaged, or has no such table.
        """
        root = self._root_of_packages()
        for payload in self._rows(root, _DEEPEST, counts=True):
            types, body = _record(payload)
            if len(types) != 2 or types[1] < 12 or types[1] % 2:
                raise RpmFormatError("a row without a header")
            start = body + _width(types[0])
            yield payload[start : start + _width(types[1])]
        if self._told_pages * self._page_bytes > self._file.size_bytes:
            raise RpmFormatError("the file ends early")

    def _root_of_packages(self) -> int:
        for payload in self._rows(1, _DEEPEST, counts=False):
            types, body = _record(payload)
            if len(types) < 5:
                raise RpmFormatError("a schema of another form")
            offsets = [body]
            for each in types:
                offsets.append(offsets[-1] + _width(each))
            columns = [payload[start:end] for start, end in pairwise(offsets)]
            if columns[0] == b"table" and columns[1] == _TABLE:
                return int.from_bytes(columns[3], "big")
        raise RpmFormatError("no table Packages in it")

    def _page(self, number: int) -> bytes:
        self._visited.visit(number - 1)
        return self._file.read((number - 1) * self._page_bytes, self._page_bytes)

    def _rows(self, number: int, depth: int, counts: bool) -> Iterator[bytes]:
        """Yield the payload of each row beneath a page of a table."""
        page = self._page(number)
        start = _FILE_HEADER_BYTES if number == 1 else 0
        kind, count = page[start], int.from_bytes(page[start + 3 : start + 5], "big")
        if kind not in (_INTERIOR, _LEAF):
            raise RpmFormatError("a page that is no part of a table")
        array = start + (12 if kind == _INTERIOR else 8)
        if array + 2 * count > len(page):
            raise RpmFormatError("more cells than a page holds")
        cells = struct.unpack_from(f">{count}H", page, array)
        if kind == _LEAF:
            for cell in cells:
                yield self._payload(page, cell, counts)
            return
        if not depth:
            raise RpmFormatError("a tree that is too deep")
        for cell in cells:
            yield from self._rows(int.from_bytes(page[cell : cell + 4], "big"), depth - 1, counts)
        yield from self._rows(int.from_bytes(page[start + 8 : start + 12], "big"), depth - 1, counts)

    def _payload(self, page: bytes, cell: int, counts: bool) -> bytes:
        """Return a row's payload: what stands in the page, and what its chain of overflow pages adds."""
        size, place = _varint(page, cell)
        _, place = _varint(page, place)  # the number of the row
        if counts:
            self._file.reserve(size)
        elif size > _SCHEMA_ROW_BYTES:
            raise RpmFormatError("a schema of another form")
        local = self._local_bytes(size)
        parts = [page[place : place + local]]
        following = int.from_bytes(page[place + local : place + local + 4], "big") if local < size else 0
        left = size - local
        while left > 0:
            content = self._page(following)
            following = int.from_bytes(content[:4], "big")
            parts.append(content[4 : min(4 + left, self._usable)])
            left -= self._usable - 4
        payload = b"".join(parts)
        if len(payload) != size:
            raise RpmFormatError("a row that is cut off")
        return payload

    def _local_bytes(self, size: int) -> int:
        """Return how much of a payload stands in its own page (section 1.6 of the format)."""
        most = self._usable - 35
        if size <= most:
            return size
        least = (self._usable - 12) * 32 // 255 - 23
        fitting = least + (size - least) % (self._usable - 4)
        return fitting if fitting <= most else least


def _varint(content: bytes, place: int) -> tuple[int, int]:
    """Return a number of up to nine bytes, and where it ends."""
    value = 0
    for count, byte in enumerate(content[place : place + _MOST_VARINT_BYTES], 1):
        if count == _MOST_VARINT_BYTES:
            return value << 8 | byte, place + count
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, place + count
    raise RpmFormatError("a number that is cut off")


def _record(payload: bytes) -> tuple[list[int], int]:
    """Return the types of a row's columns, and where the first column begins."""
    header_bytes, place = _varint(payload, 0)
    types: list[int] = []
    while place < min(header_bytes, len(payload)) and len(types) < 8:
        kind, place = _varint(payload, place)
        types.append(kind)
    return types, header_bytes


def _width(kind: int) -> int:
    return (kind - 12) // 2 if kind >= 12 else (0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0)[kind]
