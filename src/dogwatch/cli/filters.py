"""Filters as people type them: `A,B` is A or B, `!A` is not A, `A*` begins with A."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.times import as_utc, parse_rfc3339

_DAYS = re.compile(r"(?:DAYS_)?([0-9]{1,5}) ?(?:D|DAYS?)?", re.IGNORECASE)
_DURATION = re.compile(r"([0-9]{1,6})(d|h|m|s)")
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


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


def moment(field: str, text: str) -> datetime:
    """Read a time: RFC 3339, or a day, which is its beginning in UTC.

    Raises:
        InvalidRequestError: something else; `field` names it.
    """
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return as_utc(datetime.fromisoformat(text).replace(tzinfo=UTC))
        return parse_rfc3339(text)
    except ValueError as error:
        needed = "a day such as 2026-03-03 or a time such as 2026-03-03T12:00:00Z is needed"
        raise InvalidRequestError(field, f"{needed}, not {text!r}") from error


def window(text: str | None) -> str | None:
    """Return a window as the original writes it: `90`, `90d`, `DAYS_90` → DAYS_90; `lifetime`, `none` in capitals.

    Other text is returned as it is, to be refused where windows are read.
    """
    if text is None:
        return None
    number = _DAYS.fullmatch(text.strip())
    return f"DAYS_{int(number[1])}" if number else text.strip().upper()


def duration(field: str, text: str) -> timedelta:
    """Read a length of time: a number of days (d), hours (h), minutes (m) or seconds (s).

    Raises:
        InvalidRequestError: something else; `field` names it.
    """
    found = _DURATION.fullmatch(text.strip().lower())
    if found is None:
        raise InvalidRequestError(field, f"a length of time such as 91d, 12h or 30m is needed, not {text!r}")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _entry(value: str) -> tuple[str, str]:
    if value.startswith("!"):
        return "NOT_EQUALS", value[1:]
    if value.endswith("*"):
        return "PREFIX", value[:-1]
    return "EQUALS", value
