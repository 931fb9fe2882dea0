"""The order of Alpine's package versions: `number{.number}[letter]{_suffix[number]}[~hash][-r number]`.

A further number that begins with 0 is compared as text, any other by its value. As the real tool checks a version
before it compares it, there is no key for anything outside the grammar; widened by numbers after the letter (`5.1p1`),
which Alpine up to 3.22 had.
"""

from __future__ import annotations

import re
from typing import Final

from dogwatch.versions.numbers import number_code
from dogwatch.versions.scheme import refusal, trimmed

_GRAMMAR = re.compile(
    r"""
    ([0-9]+)                                                                # 1 first number
    ((?:\.[0-9]+)*)                                                         # 2 further numbers
    (?:([a-z])((?:[0-9]+(?:\.[0-9]+)*)?))?                                  # 3, 4 letter, numbers after it
    ((?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)[0-9]*)*)                    # 5 suffixes
    (?:~([0-9a-f]+))?                                                       # 6 hash
    (?:-r([0-9]+))?                                                         # 7 revision
    """,
    re.VERBOSE,
)
_NUMBER = re.compile(r"[0-9]+")
_SUFFIX = re.compile(r"_([a-z]+)([0-9]*)")

_SUFFIXES = {
    "alpha": b"\x01",
    "beta": b"\x02",
    "pre": b"\x03",
    "rc": b"\x04",
    "cvs": b"\x0a",
    "svn": b"\x0b",
    "git": b"\x0c",
    "hg": b"\x0d",
    "p": b"\x0e",
}
_END = b"\x06"
_REVISION = b"\x07"
_HASH = b"\x08"
_SUFFIX_NUMBER = b"\x09"
_LETTER = b"\x0f"
_ZERO = b"\x10"
_LEADING_ZERO = b"\x11"
_TEXT_END = b"\x01"


def _further(digits: str) -> bytes:
    """Code a number behind a dot."""
    if digits[0] != "0":
        return number_code(digits)
    return _ZERO if digits == "0" else _LEADING_ZERO + digits.encode("ascii") + _TEXT_END


def _suffix(found: tuple[str, str]) -> bytes:
    name, digits = found
    return _SUFFIXES[name] + (_SUFFIX_NUMBER + number_code(digits) if digits else b"")


class ApkScheme:
    """Alpine, Wolfi, Chainguard and others that use apk.

    Source:
        apk-tools 3.0: apk_version_validate and apk_version_compare; the numbers after a letter as in apk-tools 2.14.
    """

    name: Final = "apk"
    number: Final = 1

    def sort_key(self, text: str) -> bytes | None:
        """Return the key of an apk version; None for everything outside the grammar."""
        text = trimmed(text)
        if refusal(text) is not None:
            return None
        parsed = _GRAMMAR.fullmatch(text)
        if parsed is None:
            return None
        first, further, letter, behind_letter, suffixes, commit, revision = parsed.groups()
        key = number_code(first)
        if further:
            key += b"".join(map(_further, further[1:].split(".")))
        if letter:
            key += _LETTER + letter.encode("ascii")
            key += b"".join(map(number_code, _NUMBER.findall(behind_letter)))
        if suffixes:
            key += b"".join(map(_suffix, _SUFFIX.findall(suffixes)))
        if commit:
            key += _HASH + commit.encode("ascii") + _TEXT_END
        if revision:
            key += _REVISION + number_code(revision)
        return key + _END
