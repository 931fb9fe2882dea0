"""Unpacking a layer's blob in bounded steps: gzip, zstd or nothing, as its first bytes say.

Streams only; `layer` calls it and turns `CompressionError` into an error of the tree.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Final, Protocol, cast

from isal import igzip_lib

from dogwatch.inventory.limits import UNPACK_BYTES, ZSTD_WINDOW_LOG

if sys.version_info >= (3, 14):  # pragma: no cover - the floor's library serves all versions below
    from compression import zstd
else:
    from backports import zstd

# The library's types call its exception class an instance.
_GZIP_ERROR: Final = cast(type[Exception], igzip_lib.IsalError)
_GZIP_MAGIC: Final = b"\x1f\x8b"
_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
# A zstd stream may begin with a skippable frame: 0x184D2A50 to 0x184D2A5F, little-endian.
_SKIPPABLE_TAIL: Final = b"\x2a\x4d\x18"


_OUT_OF_MEMORY = "Allocation error"
"""How the zstd library words that it got no memory for its window."""


class CompressionError(Exception):
    """The compressed stream is damaged, ends early, or asks for more memory than we give."""


class _Member(Protocol):
    """One gzip member or zstd frame being unpacked; both libraries offer this shape."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /, max_length: int = -1) -> bytes: ...


def _gzip_member() -> _Member:
    return igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)


def _zstd_frame() -> _Member:
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW_LOG})


def unpack(blocks: Iterator[bytes], media_type: str) -> Iterator[bytes]:
    """Yield the unpacked bytes of a blob in chunks of at most `UNPACK_BYTES` (plain blobs: as they come).

    The first bytes decide, as in the runtimes: media types are often wrong. Several gzip members or zstd frames in a
    row are one stream; zeros after the last are padding.

    Args:
        blocks: the blob, in order.
        media_type: as in the manifest; it only decides about kinds that we cannot unpack.

    Raises:
        CompressionError: damaged, truncated, followed by foreign bytes, or of a kind that we do not unpack.

    Source:
        RFC 1952 section 2.2 (members); RFC 8878 sections 3.1 (frames) and 3.1.2 (skippable frames).
    """
    if "encrypted" in media_type:
        raise CompressionError("the layer is encrypted")
    first = b""
    while len(first) < 4 and (block := next(blocks, b"")):
        first += block
    if first.startswith(_GZIP_MAGIC):
        return _unpack_members(first, blocks, _gzip_member)
    if _is_zstd(first):
        return _unpack_members(first, blocks, _zstd_frame)
    return _plain(first, blocks)


def _is_zstd(first: bytes) -> bool:
    return first.startswith(_ZSTD_MAGIC) or (first[1:4] == _SKIPPABLE_TAIL and 0x50 <= first[0] <= 0x5F)


def _plain(first: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from blocks


def _unpack_members(first: bytes, blocks: Iterator[bytes], new_member: Callable[[], _Member]) -> Iterator[bytes]:
    block = first
    try:
        while block:
            member = new_member()
            while True:
                unpacked = member.decompress(block, UNPACK_BYTES)
                if unpacked:
                    yield unpacked
                if member.eof:
                    break
                block = b""
                if member.needs_input and not (block := next(blocks, b"")):
                    raise CompressionError("ends early")
            block = _skip_padding(member.unused_data, blocks)
    except (_GZIP_ERROR, zstd.ZstdError, EOFError) as error:
        if _OUT_OF_MEMORY in str(error):  # ours to mend, not the image's
            raise MemoryError(str(error)) from error
        raise CompressionError(str(error)) from error


def _skip_padding(block: bytes, blocks: Iterator[bytes]) -> bytes:
    """Return what follows the zeros after a member, or nothing at the end of the blob."""
    while True:
        block = block or next(blocks, b"")
        if not block or block[0]:
            return block
        block = block.lstrip(b"\0")
