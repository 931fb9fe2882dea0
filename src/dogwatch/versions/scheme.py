"""The contract of a version scheme, the reserved keys, and what no scheme takes.

Here: what holds for every scheme. Not here: any one ecosystem's rules. Called by the schemes and by `catalogue`.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Protocol, runtime_checkable

LOWEST = b""
"""Below every version: the bound `introduced: "0"`."""

HIGHEST = b"\xff"
"""Above every version: no upper bound. No key begins with this byte."""

MAX_VERSION_CHARACTERS = 512
"""Longer texts get no key: a key is at most about three times its text, and an index entry of PostgreSQL must stay
under about 2,700 bytes."""

_WHITESPACE = " \t\n\r\f\v"
_TEMPLATE = re.compile(r"\$\{.*\}|\{\{.*\}\}|@[^@]+@", re.DOTALL)


class NotComparable(StrEnum):
    """Why a version text has no key. The value is the reason as users read it."""

    EMPTY = "version is empty"
    TOO_LONG = "version is longer than 512 characters"
    TEMPLATE = "version is a template that was never filled in"
    GRAMMAR = "version is not one of its ecosystem"
    NO_SCHEME = "no version order is known for this ecosystem"


@runtime_checkable
class VersionScheme(Protocol):
    """One ecosystem's order of versions, as bytes.

    Promises of every implementation: `sort_key` never raises, whatever the text; two texts with keys compare, byte by
    byte, as the ecosystem's tool compares the versions, and equal versions have equal keys; a key depends on the text
    alone, is never empty and never begins with FF. Keys of different schemes are not comparable.
    """

    @property
    def name(self) -> str:
        """Stable text, stored beside the keys."""

    @property
    def number(self) -> int:
        """Raised when a key changes for the same text; stored keys are then made anew."""

    def sort_key(self, text: str) -> bytes | None:
        """Return the order-preserving key of a version text.

        Args:
            text: the version as the package database or the advisory writes it.

        Returns:
            The key, or None for "not comparable"; `why_not_comparable` then gives the reason.
        """


def successor(key: bytes) -> bytes:
    """Return the next possible key: nothing lies between.

    It turns an inclusive upper bound into an exclusive one, and a listed version into an interval.
    """
    return key + b"\x00"


def trimmed(text: str) -> str:
    """Cut the ASCII whitespace off both ends, as every scheme does first."""
    return text.strip(_WHITESPACE)


def refusal(trimmed_text: str) -> NotComparable | None:
    """Say why no scheme at all takes this text, or None where the grammar of the scheme decides."""
    if not trimmed_text:
        return NotComparable.EMPTY
    if len(trimmed_text) > MAX_VERSION_CHARACTERS:
        return NotComparable.TOO_LONG
    if ("{" in trimmed_text or "@" in trimmed_text) and _TEMPLATE.search(trimmed_text):
        return NotComparable.TEMPLATE
    return None
