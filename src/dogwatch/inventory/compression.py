"""Unpacking a layer's blob in bounded steps: gzip, zstd or nothing, as its first bytes say.

Streams only; `layer` calls it and turns `CompressionError` into an error of the tree.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Final, Protocol, cast

from isal import igzip_lib

from dogwatch.inventory.limits import (
    DEFAULT_LIMITS,
    FIRST_PIECE_BYTES,
    READ_BYTES,
    UNPACK_BYTES,
    ZSTD_WINDOW_LOG,
    Limits,
)
from dogwatch.model.errors import LimitExceededError

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


def unpack(blocks: Iterator[bytes], media_type: str, what: str, limits: Limits = DEFAULT_LIMITS) -> Iterator[bytes]:
    """Yield the unpacked bytes of a blob in chunks of at most `UNPACK_BYTES` (plain blobs: as they come).

    The first bytes decide, as in the runtimes: media types are often wrong. Several gzip members or zstd frames in a
    row are one stream; zeros after the last are padding.

    Args:
        blocks: the blob, in order.
        media_type: as in the manifest; it only decides about kinds that we cannot unpack.
        what: names the blob in errors.
        limits: of which `members` counts here.

    Raises:
        CompressionError: damaged, truncated, followed by foreign bytes, or of a kind that we do not unpack.
        LimitExceededError: more members or frames than allowed.

    Source:
        RFC 1952 section 2.2 (members); RFC 8878 sections 3.1 (frames) and 3.1.2 (skippable frames).
    """
    if "encrypted" in media_type:
        raise CompressionError("the layer is encrypted")
    first = b""
    while len(first) < 4 and (block := next(blocks, b"")):
        first += block
    if first.startswith(_GZIP_MAGIC):
        return _unpack_members(_Packed(first, blocks), _counted(_gzip_member, what, limits))
    if _is_zstd(first):
        return _unpack_members(_Packed(first, blocks), _counted(_zstd_frame, what, limits))
    return _plain(first, blocks)


def _is_zstd(first: bytes) -> bool:
    return first.startswith(_ZSTD_MAGIC) or (first[1:4] == _SKIPPABLE_TAIL and 0x50 <= first[0] <= 0x5F)


def _plain(first: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from blocks


def _counted(new_member: Callable[[], _Member], what: str, limits: Limits) -> Iterator[_Member]:
    for _ in range(limits.members):
        yield new_member()
    raise LimitExceededError(what, "members", limits.members, "gzip members or zstd frames")


def _unpack_members(packed: _Packed, members: Iterator[_Member]) -> Iterator[bytes]:
    try:
        while packed.skip_zeros():
            member = next(members)
            piece = packed.take(FIRST_PIECE_BYTES)
            while True:
                unpacked = member.decompress(piece, UNPACK_BYTES)
                if unpacked:
                    yield unpacked
                if member.eof:
                    break
                piece = b""
                if member.needs_input and not (piece := packed.take(READ_BYTES)):
                    raise CompressionError("ends early")
            packed.put_back(len(member.unused_data))
    except (_GZIP_ERROR, zstd.ZstdError, EOFError) as error:
        if _OUT_OF_MEMORY in str(error):  # ours to mend, not the image's
            raise MemoryError(str(error)) from error
        raise CompressionError(str(error)) from error


class _Packed:
    """The compressed bytes, with the end of a piece that was taken too far put back.

    A member gets a small piece first: whatever is behind its end is copied, and a blob may be nothing but members of
    some bytes each.
    """

    def __init__(self, first: bytes, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._block = first
        self._at = 0

    def take(self, size: int) -> bytes:
        """Return up to `size` bytes; nothing only at the end of the blob."""
        if self._at == len(self._block):
            self._block, self._at = next(self._blocks, b""), 0
        piece = self._block[self._at : self._at + size]
        self._at += len(piece)
        return piece

    def put_back(self, size: int) -> None:
        """Stand before the last `size` bytes of the piece taken last."""
        self._at -= size

    def skip_zeros(self) -> bool:
        """Go to the next byte that is no padding; say whether there is one."""
        while piece := self.take(FIRST_PIECE_BYTES):
            if rest := piece.lstrip(b"\0"):
                self.put_back(len(rest))
                return True
        return False
