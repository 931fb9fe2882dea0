"""Filters as people type them: `A,B` is A or B, `!A` is not A, `A*` begins with A."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dogwatch.model.errors import InvalidRequestError

_DAYS = re.compile(r"(?:DAYS_)?([0-9]{1,5}) ?(?:D|DAYS?)?", re.IGNORECASE)


def entries(texts: Sequence[str] | None, *, upper: bool = False) -> list[tuple[str, str]]:
    """Return (comparison, value) of every value in the texts; `upper` for words that are written in capitals."""
    values = [part.strip() for text in texts or () for part in text.split(",") if part.strip()]
    return [_entry(value.upper() if upper else value) for value in values]


def chosen_words(field: str, texts: Sequence[str] | None, offered: Sequence[str]) -> list[tuple[str, str]]:
    """Return the entries of a field that only knows some words.

    Raises:
        InvalidRequestError: another word.
    """
    chosen = entries(texts, upper=True)
    for _, value in chosen:
        if value not in offered:
            raise InvalidRequestError(field, f"{value!r} is none of {', '.join(offered)}")
    return chosen


def window(text: str | None) -> str | None:
    """Return a window as the original writes it: `90`, `90d`, `DAYS_90` → DAYS_90; `lifetime`, `none` in capitals.

    Other text is returned as it is, to be refused where windows are read.
    """
    if text is None:
        return None
    number = _DAYS.fullmatch(text.strip())
    return f"DAYS_{int(number[1])}" if number else text.strip().upper()


def _entry(value: str) -> tuple[str, str]:
    if value.startswith("!"):
        return "NOT_EQUALS", value[1:]
    if value.endswith("*"):
        return "PREFIX", value[:-1]
    return "EQUALS", value
