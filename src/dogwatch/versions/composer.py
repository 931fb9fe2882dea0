"""The order of Composer package versions: first normalised, then compared as PHP's version_compare does.

Here: numbers or a date, the stability with its numbers, and `dev`, to a key. Comparing the raw texts would be another
order: `v3.0` would stand below `v3.0.0-beta`.
"""

from __future__ import annotations

import re
from typing import Final

from dogwatch.versions.numbers import ZERO, number_code
from dogwatch.versions.scheme import refusal, trimmed

_DECORATED = re.compile(r"[ @+]")
_ALIAS = re.compile(r"([^,\s]+) +as +[^,\s]+")
_STABILITY_FLAG = re.compile(r"@(?:stable|rc|beta|alpha|dev)$", re.IGNORECASE)
_BUILD = re.compile(r"([^,\s+]+)\+\S+")
_MODIFIER = r"[._-]?(?:(stable|beta|b|rc|alpha|a|patch|pl|p)((?:[.-]?[0-9]+)*+))?([.-]?dev)?"
_CLASSICAL = re.compile(rf"v?([0-9]{{1,5}}+(?:\.[0-9]++)?(?:\.[0-9]++)?(?:\.[0-9]++)?){_MODIFIER}", re.IGNORECASE)
_DATE = re.compile(rf"v?([0-9]{{4}}(?:[.:-]?[0-9]{{2}}){{1,6}}(?:[.:-]?[0-9]{{1,3}}){{0,2}}){_MODIFIER}", re.IGNORECASE)
_NUMERIC_BRANCH = re.compile(
    r"v?([0-9]++)(\.(?:[0-9]++|[x*]))?(\.(?:[0-9]++|[x*]))?(\.(?:[0-9]++|[x*]))?[.-]?dev", re.IGNORECASE
)
_DIGITS = re.compile(r"[0-9]+")

_NUMBERS = 4
_STABLE = "stable"
_ANY = "9999999"
"""What Composer writes for the `x` of a branch: above every release of that branch."""

_DEV = b"\x02"
_STABILITY = {
    "alpha": b"\x03",
    "a": b"\x03",
    "beta": b"\x04",
    "b": b"\x04",
    "rc": b"\x05",
    "patch": b"\xfe",
    "pl": b"\xfe",
    "p": b"\xfe",
}
_END = b"\x06"


def _bare(text: str) -> str:
    """Drop what does not count: an alias, a stability flag, build metadata."""
    if not _DECORATED.search(text):
        return text
    alias = _ALIAS.fullmatch(text)
    text = _STABILITY_FLAG.sub("", alias[1] if alias else text)
    build = _BUILD.fullmatch(text)
    return build[1] if build else text


def _numbers(text: str) -> bytes:
    return b"".join(map(number_code, _DIGITS.findall(text)))


def _release(found: re.Match[str], numbers: bytes) -> bytes:
    """Put the stability, its numbers and `dev` behind the coded numbers. A version called stable is never `dev`."""
    _, stability, stability_numbers, dev = found.groups()
    stability = (stability or "").lower()
    if stability == _STABLE:
        return numbers + _END
    key = numbers + _STABILITY[stability] + _numbers(stability_numbers) if stability else numbers
    return key + (_DEV if dev else b"") + _END


def _branch(found: re.Match[str]) -> bytes:
    parts = [part.lstrip(".") if part else _ANY for part in found.groups()]
    return b"".join(number_code(part if part.isdigit() else _ANY) for part in parts) + _DEV + _END


class ComposerScheme:
    """Packagist.

    Source:
        composer/semver 3.4: VersionParser::normalize and Comparator.
    """

    name: Final = "composer"
    number: Final = 1

    def sort_key(self, text: str) -> bytes | None:
        """Return the key of a Composer version.

        None for branches that are no numbers (`dev-main`, `master`), which lie in no range at all, and for what
        Composer refuses (`1.0-foo`, five numbers).
        """
        text = trimmed(text)
        if refusal(text) is not None:
            return None
        text = _bare(text)
        classical = _CLASSICAL.fullmatch(text)
        if classical is not None:
            count = classical[1].count(".") + 1
            return _release(classical, _numbers(classical[1]) + ZERO * (_NUMBERS - count))
        date = _DATE.fullmatch(text)
        if date is not None:
            return _release(date, _numbers(date[1]))
        branch = _NUMERIC_BRANCH.fullmatch(text)
        return None if branch is None else _branch(branch)
