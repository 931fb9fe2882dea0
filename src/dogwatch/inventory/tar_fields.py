"""The fields of tar headers: checksum, numbers, and the records of PAX headers. Bytes only; `tar` calls it."""

from __future__ import annotations

from typing import Final
from zlib import adler32

_ADLER: Final = 65521
_DIGITS: Final = frozenset(b"01234567")


class TarFormatError(Exception):
    """The bytes are not a tar archive, or end early; `layer` turns it into an error of the tree."""


def check_sum(header: bytes) -> None:
    """Compare the sum of the header's bytes, its own field counted as spaces, with what the field says.

    The low half of an Adler-32 is 1 plus the sum of the bytes modulo 65521: forty times faster than `sum`. The modulus
    lets through what a sum of bytes lets through anyway.
    """
    try:
        stated = int(header[148:156].strip(b" \0") or b"x", 8)
    except ValueError as error:
        raise TarFormatError("a header without a checksum") from error
    if adler32(header[156:], adler32(header[:148])) & 0xFFFF == (stated - 255) % _ADLER:
        return
    # NOTE: some old writers summed signed bytes; readers accept both.
    signed = 256 + sum(byte - 256 if byte > 127 else byte for byte in header[:148] + header[156:])
    if signed != stated:
        raise TarFormatError("a header whose checksum does not match")


def read_number(field: bytes) -> int:
    """Return a number in octal digits, or in the binary form of GNU."""
    first = field[0]
    if first & 0x80:
        value = int.from_bytes(field, "big") & ~(0x80 << 8 * (len(field) - 1))
        if first & 0x40 or value >= 1 << 63:
            raise TarFormatError("a size that is negative or too large")
        return value
    text = field.strip(b" \0")
    if not text:
        return 0
    if not _DIGITS.issuperset(text):
        raise TarFormatError("a size that is not a number")
    return int(text, 8)


def read_decimal(text: bytes) -> int:
    """Return a number in decimal digits."""
    if not text.isdigit() or len(text) > 19:
        raise TarFormatError("a size that is not a number")
    return int(text)


def parse_pax(content: bytes) -> dict[bytes, bytes]:
    """Parse the records `length keyword=value newline` of a PAX header; only those that we look at are kept."""
    records: dict[bytes, bytes] = {}
    at = 0
    while at < len(content):
        space = content.find(b" ", at, at + 20)
        length = content[at:space] if space > 0 else b""
        if not length.isdigit():
            raise TarFormatError("a damaged extended header")
        end = at + int(length)
        if end > len(content) or end <= space + 1 or content[end - 1] != 0x0A:
            raise TarFormatError("a damaged extended header")
        keyword, equals, value = content[space + 1 : end - 1].partition(b"=")
        if not equals or not keyword:
            raise TarFormatError("a damaged extended header")
        if keyword in (b"path", b"linkpath", b"size") or keyword.startswith(b"GNU.sparse."):
            if b"\0" in value:
                raise TarFormatError("a damaged extended header")
            records[keyword] = value
        at = end
    return records
