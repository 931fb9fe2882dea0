"""Times: always aware, always UTC, and one far end for "still going on"."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
"""The open end of an interval. Finite, because the database driver cannot load PostgreSQL's infinity."""

TICK = timedelta(microseconds=1)
"""The smallest step of recorded time. A deadline is inside its window, so the interval ends one tick after it."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def as_utc(moment: datetime) -> datetime:
    """Return the same moment in UTC.

    Raises:
        ValueError: the moment is naive, which is a programming mistake.
    """
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC)


def parse_rfc3339(text: str) -> datetime:
    """Read an RFC 3339 time as registries and feeds write it and return it in UTC.

    Fractions longer than microseconds are cut; years outside 1..9999 are refused.

    Raises:
        ValueError: not such a time, or one without a zone.

    Source:
        RFC 3339, section 5.6.
    """
    moment = datetime.fromisoformat(_with_microseconds(text))
    try:
        return as_utc(moment)
    except OverflowError as overflow:
        raise ValueError(f"out of range: {text!r}") from overflow


def parse_moment(text: str) -> datetime:
    """Read a day, which is its beginning in UTC, or an RFC 3339 time.

    Raises:
        ValueError: neither.
    """
    return parse_rfc3339(f"{text}T00:00:00Z" if is_day(text) else text)


def is_day(text: str) -> bool:
    """Say whether a text has the form of a day, `2026-03-03`."""
    return _DAY.fullmatch(text) is not None


def write_rfc3339(moment: datetime) -> str:
    """Write a time as RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _with_microseconds(text: str) -> str:
    """Cut the fraction to six digits: Go writes nine, and fromisoformat ignores what it does not know silently."""
    head, dot, rest = text.partition(".")
    if not dot:
        return text
    digits = len(rest) - len(rest.lstrip("0123456789"))
    return f"{head}.{rest[:digits][:6].ljust(6, '0')}{rest[digits:]}"
