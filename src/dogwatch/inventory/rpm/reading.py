"""Reading a database file here and there, with every lie about offsets and lengths refused."""

from __future__ import annotations

from typing import BinaryIO


class RpmFormatError(Exception):
    """The file is not what its format asks for. The message says what is wrong, for the detail of a gap."""


class DatabaseFile:
    """A database file of known size, from which no more is ever taken than is there.

    All headers together cannot be longer than the file, nor one of them longer than `largest_header_bytes`: whoever
    lets a thousand entries point to the same bytes is refused, so that time and memory follow the size of the file.
    """

    def __init__(self, file: BinaryIO, size_bytes: int, largest_header_bytes: int) -> None:
        self._file = file
        self.size_bytes = size_bytes
        self._largest_header_bytes = largest_header_bytes
        self._left_bytes = size_bytes

    def read(self, offset: int, size: int) -> bytes:
        """Return the bytes at a place.

        Raises:
            RpmFormatError: they are not all inside the file.
        """
        if offset < 0 or size < 0 or offset + size > self.size_bytes:
            raise RpmFormatError("an offset outside the file")
        self._file.seek(offset)
        content = self._file.read(size)
        if len(content) != size:
            raise RpmFormatError("the file ends early")
        return content

    def reserve(self, header_bytes: int) -> None:
        """Account for one header before it is read.

        Raises:
            RpmFormatError: it is longer than one may be, or than what is left for all.
        """
        if header_bytes > self._largest_header_bytes:
            raise RpmFormatError(f"a header of {header_bytes} bytes, the limit is {self._largest_header_bytes}")
        self._left_bytes -= header_bytes
        if self._left_bytes < 0:
            raise RpmFormatError("headers that overlap")


class VisitedPages:
    """Pages that were read: each belongs to one place only, so chains and trees come to an end."""

    def __init__(self, count: int) -> None:
        self._seen = bytearray(count)

    def visit(self, number: int) -> None:
        """Note a page.

        Raises:
            RpmFormatError: there is no such page, or it was read before.
        """
        if not 0 <= number < len(self._seen):
            raise RpmFormatError("a page outside the file")
        if self._seen[number]:
            raise RpmFormatError("a page that is used twice")
        self._seen[number] = 1
