"""Moments and lengths of time as people type them: a day, a time with its zone, or how far from now (`7d`)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.times import TICK, is_day, parse_moment

_DURATION = re.compile(r"([0-9]{1,6})(d|h|m|s)")
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_FORMS = "a day such as 2026-03-03, a time such as 2026-03-03T12:00:00Z or a length of time such as 7d or 12h"


def past_moment(field: str, text: str, now: datetime) -> datetime:
    """Read a moment that was: a day is its beginning in UTC, a length of time is that long ago.

    Raises:
        InvalidRequestError: something else; `field` names it.
    """
    try:
        length = _length(text)
        return parse_moment(text) if length is None else now - length
    except (ValueError, OverflowError) as error:
        raise InvalidRequestError(field, f"{_FORMS} ago is needed, not {text!r}") from error


def coming_moment(field: str, text: str, now: datetime) -> datetime:
    """Read a moment that will be: a day is its last moment in UTC, a length of time is counted from now.

    Raises:
        InvalidRequestError: something else; `field` names it.
    """
    try:
        length = _length(text)
        if length is not None:
            return now + length
        return parse_moment(text) + (timedelta(days=1) - TICK if is_day(text) else timedelta(0))
    except (ValueError, OverflowError) as error:
        raise InvalidRequestError(field, f"{_FORMS} from now is needed, not {text!r}") from error


def duration(field: str, text: str) -> timedelta:
    """Read a length of time: a number of days (d), hours (h), minutes (m) or seconds (s).

    Raises:
        InvalidRequestError: something else; `field` names it.
    """
    length = _length(text)
    if length is None:
        raise InvalidRequestError(field, f"a length of time such as 91d, 12h or 30m is needed, not {text!r}")
    return length


def _length(text: str) -> timedelta | None:
    found = _DURATION.fullmatch(text.strip().lower())
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
