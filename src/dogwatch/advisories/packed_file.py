"""Files of publishers, unpacked while they are read: gzip, bzip2, xz, zstd or nothing, as the first bytes say."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast

if sys.version_info >= (3, 14):  # pragma: no cover - the floor's library serves all versions below
    from compression import zstd
else:
    from backports import zstd

_GZIP, _BZIP2, _XZ, _ZSTD = b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"

UNPACKING_ERRORS: Final[tuple[type[Exception], ...]] = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zstd.ZstdError,
)
"""What reading such a file raises where it is damaged or cut off."""


@contextmanager
def open_packed(path: Path) -> Iterator[BinaryIO]:
    """Yield what a file unpacks to; whoever reads it counts the bytes."""
    with open(path, "rb") as packed:
        magic = packed.read(len(_XZ))
        packed.seek(0)
        with _unpacking(magic, packed) as file:
            yield file


def _unpacking(magic: bytes, packed: BinaryIO) -> BinaryIO:
    if magic.startswith(_GZIP):
        return cast("BinaryIO", gzip.GzipFile(fileobj=packed))
    if magic.startswith(_BZIP2):
        return cast("BinaryIO", bz2.BZ2File(packed))
    if magic.startswith(_XZ):
        return cast("BinaryIO", lzma.LZMAFile(packed))
    if magic.startswith(_ZSTD):
        return cast("BinaryIO", zstd.ZstdFile(packed))
    return packed
