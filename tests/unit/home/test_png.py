"""Pictures in the repository are small: a palette in place of every pixel's own colour."""

from __future__ import annotations

import struct
import zlib

import pytest

from scripts.png import reduced

WHITE, BLUE, RED = (255, 255, 255), (0, 0, 255), (255, 0, 0)
Colour = tuple[int, int, int]


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def picture(width: int, lines: list[bytes], colour_type: int = 2) -> bytes:
    header = struct.pack(">IIBBBBB", width, len(lines), 8, colour_type, 0, 0, 0)
    content = zlib.compress(b"".join(lines))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", content) + chunk(b"IEND", b"")


def colours(reduced_picture: bytes, width: int) -> list[Colour]:
    """Read a picture with a palette and lines without filters, back to the colours of its pixels."""
    at, chunks = 8, {}
    while at < len(reduced_picture):
        (length,) = struct.unpack_from(">I", reduced_picture, at)
        kind, content = reduced_picture[at + 4 : at + 8], reduced_picture[at + 8 : at + 8 + length]
        assert reduced_picture[at : at + length + 12] == chunk(kind, content)
        chunks[kind] = content
        at += length + 12
    palette = list(zip(*[iter(chunks[b"PLTE"])] * 3, strict=True))
    lines = zlib.decompress(chunks[b"IDAT"])
    numbers = [number for at, number in enumerate(lines) if at % (width + 1)]
    return [palette[number] for number in numbers]


# One row of blue, red, white below one of white, written with each filter of the specification.
FILTERED = {
    "none": bytes([0, 0, 0, 255, 255, 0, 0, 255, 255, 255]),
    "sub": bytes([1, 0, 0, 255, 255, 0, 1, 0, 255, 255]),
    "up": bytes([2, 1, 1, 0, 0, 1, 1, 0, 0, 0]),
    "average": bytes([3, 129, 129, 128, 128, 129, 1, 0, 128, 128]),
    "paeth": bytes([4, 1, 1, 0, 255, 0, 1, 0, 255, 255]),
}


@pytest.mark.parametrize("name", FILTERED)
def test_every_pixel_keeps_its_colour_whatever_filter_the_browser_chose(name: str) -> None:
    original = picture(3, [bytes([0, *WHITE * 3]), FILTERED[name]])
    assert colours(reduced(original), 3) == [WHITE, WHITE, WHITE, BLUE, RED, WHITE]


def test_transparency_is_left_out() -> None:
    assert colours(reduced(picture(1, [bytes([0, *RED, 255])], colour_type=6)), 1) == [RED]


def test_what_does_not_fit_the_palette_becomes_its_nearest_neighbour() -> None:
    often = [(level, 0, 0) for level in range(256)] * 2
    row = bytes([0, *(value for colour in (*often, (7, 1, 0)) for value in colour)])
    assert colours(reduced(picture(513, [row])), 513) == [*often, (7, 0, 0)]


def test_another_kind_of_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="colour type 3"):
        reduced(picture(1, [bytes([0, 0])], colour_type=3))
