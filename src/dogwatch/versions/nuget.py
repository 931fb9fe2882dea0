"""The order of NuGet package versions, as NuGet.Versioning compares them.

Here: one to four numbers and the pre-release labels to a key. A label is a number exactly when it fits in a signed
32-bit integer, so `-5` is the number minus five and a timestamp of fourteen digits is text.
"""

from __future__ import annotations

import re
from typing import Final

from dogwatch.versions.numbers import ZERO, number_code
from dogwatch.versions.scheme import refusal, trimmed

_GRAMMAR = re.compile(
    r"""
    ([0-9]+(?:\.[0-9]+){0,3})                           # 1 numbers
    (?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?           # 2 pre-release labels
    (?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?            # metadata
    """,
    re.VERBOSE,
)
_INTEGER = re.compile(r"-?[0-9]+")
_LEADING_ZERO = re.compile(r"0[0-9]+")

_NUMBERS = 4
_HIGHEST_NUMBER = (1 << 31) - 1
_LOWEST_LABEL = -(1 << 31)
_INTEGER_DIGITS = 10
"""No signed 32-bit integer has more digits, leading zeros left out."""

_PRE_RELEASE = b"\x01"
_RELEASE = b"\x02"
_NEGATIVE = b"\x10"
_TEXT = b"\xfe"
_END = b"\x01"


def _integer(text: str) -> int | None:
    """Read what .NET reads as a signed 32-bit integer, or None."""
    if _INTEGER.fullmatch(text) is None or len(text.lstrip("-").lstrip("0")) > _INTEGER_DIGITS:
        return None
    value = int(text)
    return value if _LOWEST_LABEL <= value <= _HIGHEST_NUMBER else None


def _label(text: str) -> bytes:
    value = _integer(text)
    if value is None:
        return _TEXT + text.lower().encode("ascii") + _END
    if value < 0:
        return _NEGATIVE + ((1 << 32) + value).to_bytes(4, "big")
    return number_code(str(value))


class NugetScheme:
    """NuGet.

    Source:
        NuGet.Versioning (NuGet.Client): NuGetVersion parsing and VersionComparer.Default.
    """

    name: Final = "nuget"
    number: Final = 1

    def sort_key(self, text: str) -> bytes | None:
        """Return the key of a NuGet version.

        None for what NuGet refuses: a `v` in front, five numbers, a number above 2^31 - 1, a label that is empty or is
        a number with a leading zero.
        """
        text = trimmed(text)
        if refusal(text) is not None:
            return None
        parsed = _GRAMMAR.fullmatch(text)
        if parsed is None:
            return None
        numbers = parsed[1].split(".")
        if any(len(digits) >= _INTEGER_DIGITS and _integer(digits) is None for digits in numbers):
            return None
        key = b"".join(map(number_code, numbers)) + ZERO * (_NUMBERS - len(numbers))
        if parsed[2] is None:
            return key + _RELEASE
        labels = parsed[2].split(".")
        if any(map(_LEADING_ZERO.fullmatch, labels)):
            return None
        return key + _PRE_RELEASE + b"".join(map(_label, labels)) + _END
