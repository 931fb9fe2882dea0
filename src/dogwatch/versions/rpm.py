"""The order of rpm package versions, as rpm compares labels: `[epoch:]version[-release]`.

Here: version and release to tokens, of which letters, digits, tilde and caret count and everything else only separates.
A missing epoch is 0; a missing release stands below every release.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from dogwatch.versions.numbers import ZERO, number_code
from dogwatch.versions.scheme import refusal, trimmed

_TOKEN = re.compile(r"[0-9]+|[A-Za-z]+|[~^]")

_TILDE = b"\x01"
_END = b"\x02"
_CARET = b"\x03"
_LETTERS = b"\x04"
_LETTERS_END = b"\x01"
_MARKS = {"~": _TILDE, "^": _CARET}

_KEPT_TOKENS = 8_192
"""Small numbers, and letters such as `el` and `fc`: nearly all tokens that occur. One takes at most about 1.5 kB."""

_NO_RELEASE = b"\x01"
_RELEASE = b"\x02"


@lru_cache(_KEPT_TOKENS)
def _code(token: str) -> bytes:
    mark = _MARKS.get(token)
    if mark is not None:
        return mark
    return number_code(token) if token[0] in "0123456789" else _LETTERS + token.encode("ascii") + _LETTERS_END


def _tokens(text: str) -> bytes:
    return b"".join(map(_code, _TOKEN.findall(text))) + _END


class RpmScheme:
    """Red Hat, its rebuilds and relatives, SUSE, Amazon Linux, Fedora, Photon and others.

    Source:
        rpm 4.18: rpmvercmp, and labelCompare on epoch, version and release.
    """

    name: Final = "rpm"
    number: Final = 2  # version 1 knew no module streams: names are made anew with the keys

    def sort_key(self, text: str) -> bytes | None:
        """Return the key of an rpm label; None only for an empty version, as rpm refuses nothing else.

        The epoch is what stands before the first colon, where that is digits; the release what stands behind the last
        hyphen. Of two labels one of which lacks a release, that one is the older: advisories always name one.
        """
        text = trimmed(text)
        if refusal(text) is not None:
            return None
        epoch, version, release = _split(text)
        if not version:
            return None
        key = (number_code(epoch) if epoch else ZERO) + _tokens(version)
        return key + (_NO_RELEASE if release is None else _RELEASE + _tokens(release))


def _split(text: str) -> tuple[str, str, str | None]:
    """Return epoch (empty where there is none), version, and release (None where there is none)."""
    before, colon, rest = text.partition(":")
    if not colon or not before.isascii() or not before.isdigit():
        before, rest = "", text
    version, hyphen, release = rest.rpartition("-")
    return (before, version, release) if hyphen else (before, rest, None)
