"""The order of Go's release names, as found in binaries: `go1.20`, `go1.21rc2`, `go1.21.0`.

Since 1.21 the first release is `.0` and `go1.21` means the language, below its candidates; before, `go1.20` is the
release. The Go vulnerability database speaks of `stdlib` and `toolchain` in semantic versions: `go_release_version`
rewrites a release name for that, and this order only serves to show and sort toolchains.
"""

from __future__ import annotations

import re
from typing import Final

from dogwatch.versions.numbers import number_code
from dogwatch.versions.scheme import refusal, trimmed

_NUMBER = r"(0|[1-9][0-9]*)"
_GRAMMAR = re.compile(rf"(?:go)?{_NUMBER}(?:\.{_NUMBER}(?:\.{_NUMBER})?(?:([a-z]+){_NUMBER}?)?)?")
_BEHIND = re.compile(r"[ -].*", re.DOTALL)

_FIRST_MINOR_WITH_PATCH = 21
"""From Go 1.21 on, the first release of a minor version is named with its patch, `.0`."""
_MINOR_DIGITS = 2

_NO_PATCH = b"\x01"
_NO_WORD_WITHOUT_PATCH = b"\x01"
_WORD = b"\x02"
_NO_WORD = b"\x03"
_END = b"\x01"


def _parts(text: str) -> tuple[str, str, str | None, str | None, str | None] | None:
    """Split a release name into major, minor, patch, word and its number; the patch that old names imply is 0."""
    parsed = _GRAMMAR.fullmatch(_BEHIND.sub("", text))
    if parsed is None:
        return None
    major, minor, patch, word, word_number = parsed.groups()
    minor = minor or "0"
    is_old = len(minor) <= _MINOR_DIGITS and int(minor) < _FIRST_MINOR_WITH_PATCH
    if patch is None and word is None and is_old:
        patch = "0"
    return major, minor, patch, word, word_number


def go_release_version(text: str) -> str | None:
    """Return a release name as the semantic version that the Go vulnerability database means by it.

    `go1.21rc2` is `1.21.0-rc.2`, `go1.20` is `1.20.0`; what builders put behind it (`X:boringcrypto`,
    `-custom`, `+build`) is cut off. None for development builds and everything that is no release name.
    """
    parts = _parts(trimmed(text).partition("+")[0])
    if parts is None:
        return None
    major, minor, patch, word, word_number = parts
    version = f"{major}.{minor}.{patch or '0'}"
    if word is None:
        return version
    return f"{version}-{word}" if word_number is None else f"{version}-{word}.{word_number}"


class GotoolchainScheme:
    """Go release names, with or without `go` in front.

    Source:
        internal/gover of Go 1.25.
    """

    name: Final = "gotoolchain"
    number: Final = 1

    def sort_key(self, text: str) -> bytes | None:
        """Return the key of a release name; None for `devel …` and everything that is no release name."""
        text = trimmed(text)
        if refusal(text) is not None:
            return None
        parts = _parts(text)
        if parts is None:
            return None
        major, minor, patch, word, word_number = parts
        key = number_code(major) + number_code(minor) + (_NO_PATCH if patch is None else number_code(patch))
        if word is None:
            return key + (_NO_WORD_WITHOUT_PATCH if patch is None else _NO_WORD)
        number = _END if word_number is None else number_code(word_number)
        return key + _WORD + word.encode("ascii") + _END + number
