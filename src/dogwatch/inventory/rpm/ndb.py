"""rpm's own database format, of SUSE: slots at the front, the headers behind them in blocks of 16 bytes.

Source: rpm 4.20, lib/backend/ndb/rpmpkg.c.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from dogwatch.inventory.rpm.reading import DatabaseFile, RpmFormatError

MAGIC: Final = b"RpmP"

_FILE_HEADER_BYTES = 32
_SLOT_PAGE_BYTES = 4096
_SLOT = struct.Struct("<4sIII")  # magic, number of the package, first block, count of blocks
_BLOB = struct.Struct("<4sIII")  # magic, number of the package, generation, length
_MOST_SLOT_PAGES = 4096  # a million slots; sixteen pages hold more packages than any image has
_TAIL_BYTES = 12
_BLOCK_BYTES = 16


def headers(file: DatabaseFile) -> Iterator[bytes]:
    """Yield the header of each package.

    Raises:
        RpmFormatError: the file is damaged.
    """
    version, _, slot_pages = struct.unpack_from("<III", file.read(0, _FILE_HEADER_BYTES), 4)
    if version != 0:
        raise RpmFormatError(f"version {version} of the format")
    if slot_pages > _MOST_SLOT_PAGES:
        raise RpmFormatError(f"{slot_pages} pages of slots")
    for page in range(slot_pages):
        start = _FILE_HEADER_BYTES if page == 0 else page * _SLOT_PAGE_BYTES
        content = file.read(start, (page + 1) * _SLOT_PAGE_BYTES - start)
        for magic, number, block, count in _SLOT.iter_unpack(content):
            if magic != b"Slot":
                raise RpmFormatError("a slot of another kind")
            if number:
                yield _read_blob(file, number, block * _BLOCK_BYTES, count * _BLOCK_BYTES)


def _read_blob(file: DatabaseFile, wanted: int, offset: int, room: int) -> bytes:
    magic, number, _, size = _BLOB.unpack(file.read(offset, _BLOB.size))
    if magic != b"BlbS" or number != wanted:
        raise RpmFormatError("a slot that leads to another package")
    if size > room - _BLOB.size - _TAIL_BYTES:
        raise RpmFormatError("a header that is longer than its blocks")
    file.reserve(size)
    return file.read(offset + _BLOB.size, size)
