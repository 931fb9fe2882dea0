"""The order of Debian package versions, as dpkg compares them.

Here: `[epoch:]upstream[-revision]` to a key. The key is N(epoch) part(upstream) part(revision), missing revision = `0`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from dogwatch.versions.numbers import ZERO, number_code
from dogwatch.versions.scheme import refusal, trimmed

_END = b"\x02"
_MAX_EPOCH = (1 << 31) - 1
"""dpkg keeps the epoch in a signed 32-bit integer and refuses what does not fit."""
_MAX_EPOCH_DIGITS = 10
_KEPT_DIGITS = 4
"""Codes of numbers up to this length are kept: at most 11,110 entries, and nearly all numbers that occur."""
_KEPT_PARTS = 4_096
"""Most revisions are a few, and packages of one source have one upstream version."""

_PRINTABLE = re.compile(r"[!-~]+")
_DIGITS = re.compile(rb"[0-9]+")


def _character_codes() -> bytes:
    """Order of characters in a text: tilde, end of the text (02), letters, everything else. Digits stay themselves."""
    codes = bytearray(range(256))
    for code in range(0x21, 0x7F):
        if not chr(code).isalnum():
            codes[code] = 0x80 + code
    codes[ord("~")] = 0x01
    return bytes(codes)


_CODES = _character_codes()


class _NumberCodes(dict[bytes, bytes]):
    """The end of a text and the code of the number that follows it, by the digits of the number."""

    def __missing__(self, digits: bytes) -> bytes:
        code = _END + number_code(digits.decode("ascii"))
        if len(digits) <= _KEPT_DIGITS:
            self[digits] = code
        return code


_NUMBER_CODES = _NumberCodes()


def _code_of(found: re.Match[bytes]) -> bytes:
    return _NUMBER_CODES[found[0]]


@lru_cache(_KEPT_PARTS)
def _part(text: str) -> bytes:
    """Code upstream or revision: texts (which may be empty) and numbers in turn, a missing last number is 0."""
    key = _DIGITS.sub(_code_of, text.encode("ascii").translate(_CODES))
    if text[-1].isdigit():
        return key + _END
    return key + _END + ZERO + _END


class DpkgScheme:
    """Debian, Ubuntu and what is built like them.

    Source:
        deb-version(7) of dpkg 1.21, and the behaviour of `dpkg --compare-versions`; Debian Policy 4.6, section 5.6.12.
    """

    name: Final = "dpkg"
    number: Final = 1

    def sort_key(self, text: str) -> bytes | None:
        """Return the key of a Debian version; None for what dpkg refuses and for anything outside printable ASCII.

        What dpkg only warns of (an upstream version that does not begin with a digit, odd characters) gets a key: dpkg
        compares it all the same.
        """
        text = trimmed(text)
        if refusal(text) is not None or not _PRINTABLE.fullmatch(text):
            return None
        before, colon, rest = text.partition(":")
        epoch = ZERO
        if colon:
            digits = before.lstrip("0")
            if not before.isdigit() or len(digits) > _MAX_EPOCH_DIGITS or int(digits or "0") > _MAX_EPOCH:
                return None
            epoch = number_code(before)
        else:
            rest = before
        upstream, hyphen, revision = rest.rpartition("-")
        if not hyphen:
            upstream, revision = rest, "0"
        if not upstream or not revision:
            return None
        return epoch + _part(upstream) + _part(revision)
