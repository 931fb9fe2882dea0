"""What the writers of all formats share: columns, values as texts and as JSON.

Whatever images and feeds put into a text (control characters, escape sequences, markup) never reaches a terminal.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum, StrEnum
from typing import Any, Generic, TypeVar

from dogwatch.model.facts import Probability
from dogwatch.model.matches import Score
from dogwatch.model.times import write_rfc3339

Row = TypeVar("Row")

NOTHING = "–"
"""What tables show where there is nothing to show."""


class Format(StrEnum):
    """How data is written."""

    TABLE = "table"
    TSV = "tsv"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column: `text` whole for programs, `brief` for tables (None: the same). `heading` empty: not in tables.

    Where a table is too wide, columns with `spare` are left out, the highest first; then texts are broken, but for the
    words of a column that `keeps_words`, as of ids that people copy.
    """

    name: str
    heading: str
    text: Callable[[Row], str]
    brief: Callable[[Row], str] | None = None
    style: Callable[[Row], str] | None = None
    spare: int = 0
    keeps_words: bool = False


def write_json(value: object) -> None:
    """Write one JSON value to standard output, for people to read too."""
    print(json_text(value, indent=2))


def json_text(value: object, indent: int | None = None) -> str:
    """Return a value as JSON."""
    return json.dumps(as_document(value), ensure_ascii=False, indent=indent)


def say(*lines: str) -> None:
    """Tell something that is not data: on standard error."""
    for line in lines:
        print(printable_lines(line), file=sys.stderr)


def as_document(value: object) -> Any:
    """Turn frozen values into what JSON has; times as RFC 3339 in UTC, enumerations by their words."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: as_document(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Mapping):
        return {str(as_document(key)): as_document(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [as_document(one) for one in value]
    return value


def rfc3339(moment: datetime | None) -> str:
    """Write a time as RFC 3339 in UTC; nothing for none."""
    return "" if moment is None else write_rfc3339(moment)


def minute(moment: datetime | None) -> str:
    """Write a time for people, to the minute, UTC."""
    return NOTHING if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def printable(text: str) -> str:
    """Return the text without what could move a cursor, break a line or end a cell."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def printable_lines(text: str) -> str:
    """Return the text line by line without what could move a cursor."""
    return "\n".join(printable(line.expandtabs()) for line in text.split("\n"))


def short_digest(digest: str) -> str:
    """Return a digest as people compare it: the first twelve characters of its hex."""
    return digest.partition(":")[2][:12] or digest


def day(moment: datetime | None) -> str:
    """Write a day for people, UTC."""
    return NOTHING if moment is None else moment.astimezone(UTC).date().isoformat()


def score_text(score: Score | None) -> str:
    """Write a CVSS score; nothing for none."""
    return "" if score is None else f"{score.tenths / 10:.1f}"


def probability_text(likely: Probability | None) -> str:
    """Write how likely a vulnerability is exploited (EPSS), from 0 to 1; nothing for none."""
    return "" if likely is None else f"{likely.score_ppm / 1e6:.5f}"


def plural(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
