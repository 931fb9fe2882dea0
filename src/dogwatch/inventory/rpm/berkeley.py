"""rpm's database in Berkeley DB: the headers in a hash file, mostly on chains of overflow pages.

All pages are gone through in order; buckets are of no interest. Source: Berkeley DB 5.3, dbinc/db_page.h.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from dogwatch.inventory.rpm.reading import DatabaseFile, RpmFormatError, VisitedPages

MAGIC_OFFSET: Final = 12
MAGIC: Final = 0x061561

_PAGE_HEADER_BYTES = 26
_HASH_PAGES = (2, 13)  # unsorted, sorted
_OVERFLOW_PAGE = 7
_ON_PAGE, _OFF_PAGE = 1, 3  # kinds of items
_SMALLEST_HEADER_BYTES = 8  # what is shorter is the counter of packages, under the key 0


def byte_order(start: bytes) -> str:
    """Return `<` or `>` if a file that begins so is one of Berkeley DB's hash files, an empty text if not."""
    for order in "<>":
        if len(start) >= MAGIC_OFFSET + 4 and struct.unpack_from(f"{order}I", start, MAGIC_OFFSET)[0] == MAGIC:
            return order
    return ""


class BerkeleyReader:
    """The pages of one file, whose numbers are in either byte order."""

    def __init__(self, file: DatabaseFile, order: str) -> None:
        start = file.read(0, 36)
        self._file = file
        self._order = order
        self._page_bytes = struct.unpack_from(f"{order}I", start, 20)[0]
        if not 512 <= self._page_bytes <= 65_536 or self._page_bytes & (self._page_bytes - 1):
            raise RpmFormatError(f"pages of {self._page_bytes} bytes")
        if start[24]:
            raise RpmFormatError("an encrypted file")
        self._last = struct.unpack_from(f"{order}I", start, 32)[0]
        self._count = file.size_bytes // self._page_bytes
        self._visited = VisitedPages(self._count)

    def headers(self) -> Iterator[bytes]:
        """Yield the header of each package.

        Raises:
            RpmFormatError: the file is damaged.
        """
        for number in range(1, self._count):
            start = self._file.read(number * self._page_bytes, _PAGE_HEADER_BYTES)
            if start[25] in _HASH_PAGES:
                self._visited.visit(number)
                yield from self._values(self._file.read(number * self._page_bytes, self._page_bytes))
        if self._last >= self._count:
            raise RpmFormatError("the file ends early")

    def _values(self, page: bytes) -> Iterator[bytes]:
        """Yield the values of a page, whose items are keys and values in turn, stored from its end on."""
        count = struct.unpack_from(f"{self._order}H", page, 20)[0]
        if _PAGE_HEADER_BYTES + 2 * count > len(page) or count % 2:
            raise RpmFormatError("more items than a page holds")
        offsets = struct.unpack_from(f"{self._order}{count}H", page, _PAGE_HEADER_BYTES)
        for place in range(1, count, 2):
            start, end = offsets[place], offsets[place - 1]
            if not _PAGE_HEADER_BYTES < start < end <= len(page):
                raise RpmFormatError("an item outside its page")
            value = self._value(page[start:end])
            if len(value) > _SMALLEST_HEADER_BYTES:
                yield value

    def _value(self, item: bytes) -> bytes:
        if item[0] == _ON_PAGE:
            self._file.reserve(len(item) - 1)
            return item[1:]
        if item[0] != _OFF_PAGE or len(item) < 12:
            raise RpmFormatError("an item of another kind")
        number, size = struct.unpack_from(f"{self._order}II", item, 4)
        self._file.reserve(size)
        parts: list[bytes] = []
        left = size
        while left > 0:
            page = self._overflow_page(number)
            number, used = struct.unpack_from(f"{self._order}I", page, 16)[0], self._used(page)
            parts.append(page[_PAGE_HEADER_BYTES : _PAGE_HEADER_BYTES + used])
            left -= used
        if left:
            raise RpmFormatError("a value of another length than told")
        return b"".join(parts)

    def _overflow_page(self, number: int) -> bytes:
        self._visited.visit(number)
        page = self._file.read(number * self._page_bytes, self._page_bytes)
        if page[25] != _OVERFLOW_PAGE:
            raise RpmFormatError("a chain that leads to a page of another kind")
        return page

    def _used(self, page: bytes) -> int:
        used: int = struct.unpack_from(f"{self._order}H", page, 22)[0]
        if not 0 < used <= self._page_bytes - _PAGE_HEADER_BYTES:
            raise RpmFormatError("a page of another length than told")
        return used
