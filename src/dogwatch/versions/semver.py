"""The order of Semantic Versioning, read leniently: npm, crates.io, Go modules, Hex and others.

Here: three numbers and the pre-release to a key; build metadata does not count. Range bounds in advisories hold `1.2`,
`v1.2.3` and `01.2.3`, which a strict reader refuses; where a strict tool takes both texts, this order is its order.
"""

from __future__ import annotations

import re
from typing import Final

from dogwatch.versions.numbers import ZERO, number_code
from dogwatch.versions.scheme import refusal, trimmed

_GRAMMAR = re.compile(
    r"""=?v?
    ([0-9]+)(?:\.([0-9]+)(?:\.([0-9]+))?)?              # 1, 2, 3 major, minor, patch
    (?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?           # 4 pre-release
    (?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?            # build
    """,
    re.VERBOSE,
)

_PRE_RELEASE = b"\x01"
_RELEASE = b"\x02"
_TEXT = b"\xfe"
_END = b"\x01"


def _identifier(text: str) -> bytes:
    return number_code(text) if text.isdigit() else _TEXT + text.encode("ascii") + _END


class SemverScheme:
    """npm, crates.io, Go modules, Hex, Swift and others; ranges of type SEMVER in any ecosystem.

    Source:
        Semantic Versioning 2.0.0, sections 9 to 11; lenient where node semver 7.8 and golang.org/x/mod/semver are.
    """

    name: Final = "semver"
    number: Final = 1

    def sort_key(self, text: str) -> bytes | None:
        """Return the key of a semantic version.

        A `v` or `=` in front is dropped, a missing minor or patch is 0, leading zeros do not count. None for four or
        more numbers, empty identifiers, wildcards, tags, addresses and commit digests.
        """
        text = trimmed(text)
        if refusal(text) is not None:
            return None
        parsed = _GRAMMAR.fullmatch(text)
        if parsed is None:
            return None
        major, minor, patch, pre_release = parsed.groups()
        key = number_code(major)
        key += number_code(minor) if minor else ZERO
        key += number_code(patch) if patch else ZERO
        if pre_release is None:
            return key + _RELEASE
        return key + _PRE_RELEASE + b"".join([_identifier(part) for part in pre_release.split(".")]) + _END
