"""What AWS clients send, as typed values: decoded strictly, so that a mistyped member is an error and not a wider list.

Times are epoch seconds, or ISO text, in requests; epoch seconds in replies.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.times import FOREVER, parse_rfc3339
from dogwatch.serve.aws.errors import NotParsedError
from dogwatch.serve.aws.question import Entry

Shape = TypeVar("Shape")

_PLACE = re.compile(r" - at `\$(?P<path>.*)`$")

Value = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
Comparison = Literal["EQUALS", "PREFIX", "NOT_EQUALS"]
ExactComparison = Literal["EQUALS", "NOT_EQUALS"]
_SOME = msgspec.Meta(min_length=1, max_length=10)


class TextFilter(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One alternative of a string filter of findings."""

    comparison: Comparison
    value: Value


class ExactFilter(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One alternative of a string filter of coverage: no prefixes there."""

    comparison: ExactComparison
    value: Value


class DateFilter(msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename="camel"):
    """One alternative of a date filter; both ends are inside."""

    start_inclusive: float | str | None = None
    end_inclusive: float | str | None = None

    def bounds(self, field: str) -> tuple[datetime | None, datetime | None]:
        """Return the ends in UTC.

        Raises:
            InvalidRequestError: not a time.
        """
        return _moment(self.start_inclusive, field), _moment(self.end_inclusive, field)


class NumberFilter(msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename="camel"):
    """One alternative of a number filter; both ends are inside."""

    lower_inclusive: float | None = None
    upper_inclusive: float | None = None

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """The ends."""
        return self.lower_inclusive, self.upper_inclusive


class MapFilter(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One alternative of a filter on tags of resources."""

    comparison: Literal["EQUALS"]
    key: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
    value: str | None = None


class PortFilter(msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename="camel"):
    """One alternative of a filter on ports."""

    begin_inclusive: int | None = None
    end_inclusive: int | None = None


class PackageFilter(msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename="camel"):
    """One alternative of a filter on packages: all its members must hold."""

    name: TextFilter | None = None
    version: TextFilter | None = None
    epoch: NumberFilter | None = None
    release: TextFilter | None = None
    architecture: TextFilter | None = None
    source_layer_hash: TextFilter | None = None
    source_lambda_layer_arn: TextFilter | None = None
    file_path: TextFilter | None = None
    runtime_reachability: dict[str, str] | None = None
    runtime_reachability_reason: dict[str, str] | None = None
    purl_qualifier: dict[str, str] | None = None


TextFilters = Annotated[list[TextFilter], _SOME]
ExactFilters = Annotated[list[ExactFilter], _SOME]
DateFilters = Annotated[list[DateFilter], _SOME]
NumberFilters = Annotated[list[NumberFilter], _SOME]
MapFilters = Annotated[list[MapFilter], _SOME]
PortFilters = Annotated[list[PortFilter], _SOME]
PackageFilters = Annotated[list[PackageFilter], _SOME]


def decode(content: bytes | msgspec.Raw, shape: type[Shape], place: str = "") -> Shape:
    """Read JSON as a shape; nothing at all counts as an empty object.

    Args:
        content: the body, or a part of it that was left undecoded.
        shape: the type to read.
        place: the name of that part, for messages.

    Raises:
        InvalidRequestError: `field` names the member, dots between its parts; NotParsedError where it is not JSON.
    """
    try:
        return msgspec.json.decode(content or b"{}", type=shape)
    except msgspec.ValidationError as error:
        reason = str(error)
        found = _PLACE.search(reason)
        member = (place + (found["path"] if found else "")).strip(".")
        raise InvalidRequestError(member or "body", _PLACE.sub("", reason)) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise NotParsedError from error


def read_texts(content: msgspec.Raw, place: str) -> list[Entry]:
    """Read a string filter of findings.

    Raises:
        InvalidRequestError: it is none.
    """
    return [(one.comparison, one.value) for one in decode(content, TextFilters, place)]


def read_exact_texts(content: msgspec.Raw, place: str) -> list[Entry]:
    """Read a string filter of coverage.

    Raises:
        InvalidRequestError: it is none.
    """
    return [(one.comparison, one.value) for one in decode(content, ExactFilters, place)]


def _moment(value: float | str | None, field: str) -> datetime | None:
    """Read a time; what lies beyond the ends of the calendar is cut to them, as a bound means the same there."""
    if value is None:
        return None
    try:
        if isinstance(value, str):
            return parse_rfc3339(value)
        first = datetime(1, 1, 1, tzinfo=UTC)
        return datetime.fromtimestamp(min(max(value, first.timestamp()), FOREVER.timestamp()), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidRequestError(field, "not a time") from error


def seconds(moment: datetime | None) -> float | None:
    """Return a moment as AWS's replies write it, epoch seconds with milliseconds; None, which they leave out, stays."""
    return None if moment is None else round(moment.timestamp(), 3)


def midnight(day: date | None) -> float | None:
    """Return the beginning of a day in UTC, as `seconds` does; None stays."""
    return None if day is None else seconds(datetime.combine(day, time(), UTC))


def without_empty(members: Mapping[str, Any]) -> dict[str, Any]:
    """Drop members that are None, empty text or an empty list: AWS leaves out what it cannot say."""
    return {name: value for name, value in members.items() if value not in (None, "", [])}
