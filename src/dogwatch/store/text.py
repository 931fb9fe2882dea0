"""Text from outside, made fit for PostgreSQL: it stores neither NUL nor lone surrogates, and indexes no long values."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

MAX_SHOWN = 1000
"""Characters kept of a text that is only shown (an actor, a user agent, a problem)."""

MAX_KEY = 300
"""Characters of a text that is part of an index. Repository names end at 255, tags at 128, digests at 135."""


def storable(text: str, limit: int = MAX_SHOWN) -> str:
    """Return the text with what cannot be stored replaced, cut at `limit` characters."""
    cut = text[:limit]
    if cut.isascii() and "\0" not in cut:
        return cut
    cut = cut.replace("\0", _REPLACEMENT)
    return "".join(_REPLACEMENT if "\ud800" <= character <= "\udfff" else character for character in cut)


def is_storable_key(text: str) -> bool:
    """Say whether a text can stand in an index as it is; keys are never repaired, or two might become one."""
    return len(text) <= MAX_KEY and storable(text) == text


def storable_identity(text: str) -> str:
    """Return a text that is equal exactly where the given one is: itself, or its digest where it cannot be a key."""
    if is_storable_key(text):
        return text
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def numbers(ids: Iterable[int]) -> str:
    """Return numbers as PostgreSQL writes an array of them, for a `::bigint[]`: a list of a million takes seconds."""
    return f"{{{','.join(map(str, ids))}}}"
