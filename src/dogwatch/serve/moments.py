"""Times as the JSON API writes and reads them: RFC 3339 in UTC."""

from __future__ import annotations

from datetime import datetime

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.times import parse_rfc3339, write_rfc3339


def iso(moment: datetime | None) -> str | None:
    """Return a moment as text; None stays None."""
    return None if moment is None else write_rfc3339(moment)


def read_moment(field: str, text: str) -> datetime | None:
    """Read a moment; empty text is None.

    Raises:
        InvalidRequestError: not an RFC 3339 time with its zone; `field` names the parameter.
    """
    if not text:
        return None
    try:
        return parse_rfc3339(text)
    except ValueError as error:
        raise InvalidRequestError(field, "not an RFC 3339 time with its zone, such as 2026-03-03T00:00:00Z") from error
