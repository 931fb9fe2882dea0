"""Makes a PNG small: at most 256 colours, and packed as tightly as zlib can. For pictures of pages, which have few.

Source:
    PNG specification (third edition), chapters 7 to 11.
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">IIBBBBB")
_COLOURS_MAX = 256
_CHANNELS = {2: 3, 6: 4}  # colour type → bytes of a pixel
_PALETTE = 3

Colour = tuple[int, int, int]


def reduced(picture: bytes) -> bytes:
    """Return the picture with a palette; colours that are left out become their nearest neighbour.

    Args:
        picture: a PNG with 8 bits a channel, RGB or RGBA (opaque), not interlaced, as browsers write it.
    """
    width, height, rows = _decode(picture)
    counts = Counter(colour for row in rows for colour in row)
    palette = [colour for colour, _ in counts.most_common(_COLOURS_MAX)]
    number_of = {colour: number for number, colour in enumerate(palette)}
    for colour in counts:
        if colour not in number_of:
            number_of[colour] = min(range(len(palette)), key=lambda number: _distance(palette[number], colour))
    lines = b"".join(b"\0" + bytes(number_of[colour] for colour in row) for row in rows)
    header = _HEADER.pack(width, height, 8, _PALETTE, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", bytes(sum(palette, ()))), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, content) for kind, content in chunks)


def _decode(picture: bytes) -> tuple[int, int, list[list[Colour]]]:
    """Return width, height and the rows of colours."""
    contents: dict[bytes, bytes] = {}
    for kind, content in _chunks(picture):
        contents[kind] = contents.get(kind, b"") + content
    width, height, depth, colour_type, _, _, interlaced = _HEADER.unpack(contents[b"IHDR"])
    if depth != 8 or interlaced or colour_type not in _CHANNELS:
        raise ValueError(f"not a PNG as browsers write it: depth {depth}, colour type {colour_type}")
    step = _CHANNELS[colour_type]
    lines = zlib.decompress(contents[b"IDAT"])
    above = bytes(width * step)
    rows = []
    for number in range(height):
        start = number * (width * step + 1)
        above = _unfiltered(lines[start], lines[start + 1 : start + 1 + width * step], above, step)
        rows.append(list(zip(above[0::step], above[1::step], above[2::step], strict=True)))
    return width, height, rows


def _unfiltered(kind: int, line: bytes, above: bytes, step: int) -> bytes:
    """Undo a line's filter (chapter 9): each byte was written as the difference to a guess from its neighbours."""
    whole = bytearray(line)
    for at in range(len(whole)):
        left = whole[at - step] if at >= step else 0
        up = above[at]
        corner = above[at - step] if at >= step else 0
        guess = (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind] if kind else 0
        whole[at] = (whole[at] + guess) & 0xFF
    return bytes(whole)


def _paeth(left: int, up: int, corner: int) -> int:
    estimate = left + up - corner
    return min((left, up, corner), key=lambda one: abs(estimate - one))


def _distance(one: Colour, other: Colour) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(picture):
        (length,) = struct.unpack_from(">I", picture, at)
        yield picture[at + 4 : at + 8], picture[at + 8 : at + 8 + length]
        at += length + 12


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
