"""The order of Dart package versions, as pub_semver compares them.

As Semantic Versioning, and then the build metadata counts. Dart reads identifiers with its integer parser: `-1` is the
number minus one and `0x1F` is 31; what does not fit in 64 bits is text.
"""

from __future__ import annotations

import re
from typing import Final

from dogwatch.versions.numbers import number_code
from dogwatch.versions.scheme import refusal, trimmed

_GRAMMAR = re.compile(
    r"""
    ([0-9]+)\.([0-9]+)\.([0-9]+)                        # 1, 2, 3 major, minor, patch
    (?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?           # 4 pre-release
    (?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?          # 5 build
    """,
    re.VERBOSE,
)
_INTEGER = re.compile(r"(-?)(?:0[xX]0*([0-9A-Fa-f]{1,16})|0*([0-9]{1,19}))")
_LOWEST = -(1 << 63)
_HIGHEST = (1 << 63) - 1

_PRE_RELEASE = b"\x01"
_RELEASE = b"\x02"
_NO_BUILD = b"\x01"
_BUILD = b"\x02"
_NEGATIVE = b"\x10"
_TEXT = b"\xfe"
_END = b"\x01"


def _integer(text: str) -> int | None:
    """Read what Dart reads as a 64-bit integer, or None."""
    parsed = _INTEGER.fullmatch(text)
    if parsed is None:
        return None
    sign, hexadecimal, decimal = parsed.groups()
    value = int(decimal) if decimal is not None else int(hexadecimal, 16)
    value = -value if sign else value
    return value if _LOWEST <= value <= _HIGHEST else None


def _identifier(text: str) -> bytes:
    value = _integer(text)
    if value is None:
        return _TEXT + text.encode("ascii") + _END
    if value < 0:
        return _NEGATIVE + ((1 << 64) + value).to_bytes(8, "big")
    return number_code(str(value))


def _identifiers(text: str) -> bytes:
    return b"".join(map(_identifier, text.split("."))) + _END


class PubScheme:
    """Pub.

    Source:
        pub_semver 2.2: Version.parse and Version.compareTo.
    """

    name: Final = "pub"
    number: Final = 1

    def sort_key(self, text: str) -> bytes | None:
        """Return the key of a Dart version; None unless it has exactly three numbers and no `v` in front."""
        text = trimmed(text)
        if refusal(text) is not None:
            return None
        parsed = _GRAMMAR.fullmatch(text)
        if parsed is None:
            return None
        major, minor, patch, pre_release, build = parsed.groups()
        key = number_code(major) + number_code(minor) + number_code(patch)
        key += _RELEASE if pre_release is None else _PRE_RELEASE + _identifiers(pre_release)
        return key + (_NO_BUILD if build is None else _BUILD + _identifiers(build))
