"""The order of RubyGems versions, as Gem::Version compares them.

Here: numbers and words to a key, with runs of zeros counted instead of written: a missing part counts as 0, so where a
zero stands the order depends on what comes after it.
"""

from __future__ import annotations

import re
from typing import Final

from dogwatch.versions.numbers import number_code
from dogwatch.versions.scheme import refusal, trimmed

_GRAMMAR = re.compile(r"[0-9]+(?:\.[0-9A-Za-z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?")
_PLAIN = re.compile(r"[1-9][0-9]*(?:\.[1-9][0-9]*)*")
_PARTS = re.compile(r"[0-9]+|[A-Za-z]+")

_WORD = b"\x02"
_ZEROS_THEN_WORD = b"\x03"
_END = b"\x04"
_ZEROS_THEN_NUMBER = b"\x05"
_WORD_END = b"\x01"

_MOST_ZEROS = 250
"""In a row, that a key can count in one byte beside the reserved ones."""


def _without_trailing_zeros(parts: list[str]) -> list[str]:
    while parts and not parts[-1].strip("0"):
        parts.pop()
    return parts


def _canonical(parts: list[str]) -> list[str]:
    """Drop the zeros at the end, and those right before the first word."""
    first_word = next((place for place, part in enumerate(parts) if part.isalpha()), len(parts))
    return _without_trailing_zeros(parts[:first_word]) + _without_trailing_zeros(parts[first_word:])


def _coded(parts: list[str]) -> bytes | None:
    codes = []
    zeros = 0
    for part in parts:
        is_word = part.isalpha()
        if not is_word and not part.strip("0"):
            zeros += 1
            continue
        if zeros > _MOST_ZEROS:
            return None
        if zeros:
            codes.append(_ZEROS_THEN_WORD + bytes((zeros,)) if is_word else _ZEROS_THEN_NUMBER + bytes((255 - zeros,)))
        elif is_word:
            codes.append(_WORD)
        codes.append(part.encode("ascii") + _WORD_END if is_word else number_code(part))
        zeros = 0
    return b"".join(codes) + _END


class GemScheme:
    """RubyGems.

    A platform behind the version (`1.13.10-x86_64-linux`) is no part of it: whoever reads it off a file name cuts it
    off, because the hyphen would make a pre-release of it.

    Source:
        Gem::Version of Ruby 3.1 (RubyGems 3.3): correct?, segments, canonical_segments and <=>.
    """

    name: Final = "gem"
    number: Final = 1

    def sort_key(self, text: str) -> bytes | None:
        """Return the key of a gem version.

        None for what RubyGems refuses (`1..2`, `beta`, `v1`, underscores), for more than 250 zeros in a row, and for
        the empty text, which RubyGems takes for 0.
        """
        text = trimmed(text)
        if refusal(text) is not None:
            return None
        if _PLAIN.fullmatch(text):
            return b"".join(map(number_code, text.split("."))) + _END
        if _GRAMMAR.fullmatch(text) is None:
            return None
        return _coded(_canonical(_PARTS.findall(text.replace("-", ".pre."))))
