"""The order of Maven versions, as ComparableVersion compares them.

A version is a list of numbers and words; a hyphen, or a digit beside a letter, opens a list inside it, into which all
that follows goes. So it is a row of lists, each the last item of the one before, and is read here as one flat row of
items with a mark where a list opens. Where one version has ended, the other goes on against "nothing": what follows
decides whether a zero or a list is below or above that, so the key is built from the back.

Maven contradicts itself (3.18.0 < 3.18.0-01 < 3.18.0.rc.2 < 3.18.0). The key takes the side of Maven 4: what is below
the plain version stays below everything that is above it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from dogwatch.versions.numbers import ZERO, number_code
from dogwatch.versions.scheme import refusal, trimmed

_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_TOKENS = re.compile(r"[0-9]+|[.-]|[^0-9.-]+")
_NEVER_IN_A_WORD = re.compile(r"[\x00-\x1f\ud800-\udfff]")
"""The byte 01 ends a word in a key, and a lone surrogate has no UTF-8."""

_BEFORE_DIGITS = {"a": "alpha", "b": "beta", "m": "milestone"}
_ALIASES = {"cr": "rc", "ga": "", "final": "", "release": ""}
_BELOW = {"alpha": b"\x01", "beta": b"\x02", "milestone": b"\x03", "rc": b"\x04", "snapshot": b"\x05"}
_SERVICE_PACK = "sp"

_NOTHING = (b"\x06", b"\x11")
_LIST = (b"\x0c", b"\x1c")
_ZERO = (b"\x0d", b"\x1d")
"""Each with what follows below the end, and above it."""
_END = b"\x10"
_SERVICE_PACK_CODE = b"\x12"
_UNKNOWN_WORD = b"\x13"
_WORD_END = b"\x01"

_OPENS = "-"
"""Stands in a row of items where a list opens."""
_KEPT_TAILS = 4_096
"""What follows the numbers is the same in most versions (`.Final`, `-jre8`); a tail takes at most about 4 kB."""
_NULL = ("0", "")
"""What counts as nothing at the end of a list: zero, and the words that mean the release itself."""


def _word(text: str, *, before_digits: bool) -> str:
    if before_digits:
        text = _BEFORE_DIGITS.get(text, text)
    return _ALIASES.get(text, text)


def _read(text: str) -> list[str]:
    """Read a lower-case version into its row of items: digits, words, and marks where lists open."""
    tokens = _TOKENS.findall(text)
    row: list[str] = []
    before = "."
    for token, following in zip(tokens, [*tokens[1:], ""], strict=True):
        stands_alone = following in ("", ".", "-")
        if token in (".", "-"):
            if before in (".", "-"):
                row.append("0")
            if token == "-":
                row.append(_OPENS)
        else:
            if token[0] in "0123456789":
                row.append(token.lstrip("0") or "0")
            else:
                if following not in (".", "-") and row and row[-1] != _OPENS:
                    row.append(_OPENS)
                row.append(_word(token, before_digits=not stands_alone))
            if not stands_alone:
                row.append(_OPENS)
        before = token
    return row


def _normalised(row: list[str]) -> list[str]:
    """Drop the zeros and nothing-words at the end of each list, and the lists at the end that are then empty."""
    kept: list[str] = []
    for item in row:
        if item == _OPENS:
            _drop_nulls(kept)
        kept.append(item)
    _drop_nulls(kept)
    while kept and kept[-1] == _OPENS:
        kept.pop()
        _drop_nulls(kept)
    return kept


def _drop_nulls(row: list[str]) -> None:
    while row and row[-1] in _NULL:
        row.pop()


def _coded(row: list[str]) -> tuple[bytes, bool]:
    """Code a normalised row from the back, its last item being a number above 0 or a word that counts.

    Returns:
        The code, and whether it is above the end.
    """
    codes = [_END]
    above = True
    for item in reversed(row):
        if item == _OPENS:
            codes.append(_LIST[above])
        elif item == "0":
            codes.append(_ZERO[above])
        elif not item:
            codes.append(_NOTHING[above])
        elif item in _BELOW:
            above = False
            codes.append(_BELOW[item])
        else:
            above = True
            codes.append(_greater_than_nothing(item))
    return b"".join(reversed(codes)), above


@lru_cache(_KEPT_TAILS)
def _tail(text: str) -> tuple[bytes, bool, bool]:
    """Code what follows the numbers at the beginning of a version.

    Returns:
        The code, whether it is above the end, and whether the list of the numbers ends with them.
    """
    row = _normalised(_read("1" + text))[1:]
    return *_coded(row), not row or row[0] == _OPENS


def _greater_than_nothing(item: str) -> bytes:
    if item[0] in "123456789":
        return number_code(item)
    if item == _SERVICE_PACK:
        return _SERVICE_PACK_CODE
    return _UNKNOWN_WORD + item.encode("utf-8") + _WORD_END


def _coded_numbers(codes: list[bytes], above: bool) -> bytes:
    """Join the codes of numbers, each zero according to what follows it."""
    if ZERO not in codes:
        return b"".join(codes)
    for place in range(len(codes) - 1, -1, -1):
        if codes[place] == ZERO:
            codes[place] = _ZERO[above]
        else:
            above = True
    return b"".join(codes)


class MavenScheme:
    """Maven.

    Source:
        org.apache.maven.artifact.versioning.ComparableVersion, the same from Maven 3.8.7 to 3.9.16.
    """

    name: Final = "maven"
    number: Final = 1

    def sort_key(self, text: str) -> bytes | None:
        """Return the key of a Maven version: to Maven nearly every text is one.

        None for the empty text, templates that were never filled in, control characters and lone surrogates.
        """
        text = trimmed(text)
        if refusal(text) is not None:
            return None
        if _NEVER_IN_A_WORD.search(text):
            return None
        numbers = _NUMBERS.match(text)
        if numbers is None:
            return _coded(_normalised(_read(text.lower())))[0]
        tail, above, ends_list = _tail(text[numbers.end() :].lower())
        codes = [number_code(digits) for digits in numbers[0].split(".")]
        while ends_list and codes and codes[-1] == ZERO:
            codes.pop()
        return _coded_numbers(codes, above) + tail
