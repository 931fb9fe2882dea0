"""Rows as a table for people, or as tab-separated text, JSON, NDJSON or CSV for programs.

Whatever images and feeds put into a text (control characters, escape sequences, markup) never reaches a terminal.
"""

from __future__ import annotations

import csv
import dataclasses
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, StrEnum
from typing import Any, Generic, TextIO, TypeVar

Row = TypeVar("Row")

_GUTTER = 3  # characters between two columns

NOTHING = "–"
"""What tables show where there is nothing to show."""


class Format(StrEnum):
    """How data is written."""

    TABLE = "table"
    TSV = "tsv"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"

    @property
    def is_for_people(self) -> bool:
        """Whether what was looked at belongs below the data rather than on standard error."""
        return self is Format.TABLE


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column: `text` whole for programs, `brief` for tables (None: the same). `heading` empty: not in tables.

    Where a table is too wide, columns with `spare` are left out, the highest first.
    """

    name: str
    heading: str
    text: Callable[[Row], str]
    brief: Callable[[Row], str] | None = None
    style: Callable[[Row], str] | None = None
    spare: int = 0


def chosen_format(asked: Format | None, stream: TextIO | None = None) -> Format:
    """Return the format asked for; otherwise a table on a terminal and tab-separated text elsewhere."""
    if asked is not None:
        return asked
    return Format.TABLE if (stream or sys.stdout).isatty() else Format.TSV


def write_rows(
    rows: Sequence[Row],
    columns: Sequence[Column[Row]],
    form: Format,
    *,
    footer: str = "",
    document: Callable[[Row], object] | None = None,
    reshape: Callable[[object], object] | None = None,
) -> None:
    """Write rows to standard output.

    Args:
        rows: in the order shown.
        columns: of tables, tab-separated text and CSV; JSON has whole documents.
        form: how.
        footer: what was looked at; below a table, on standard error for programs.
        document: makes the JSON value of a row; `as_document` by default.
        reshape: makes of the JSON value of all rows what is shown in its place.
    """
    documents = document or as_document
    if form is Format.TABLE:
        _write_table(rows, columns)
    elif form is Format.JSON:
        whole: object = [as_document(documents(row)) for row in rows]
        write_json(reshape(whole) if reshape else whole)
    elif form is Format.NDJSON:
        for row in rows:
            print(json.dumps(documents(row), ensure_ascii=False))
    elif form is Format.CSV:
        writer = csv.writer(sys.stdout)
        writer.writerow([column.name for column in columns])
        writer.writerows([column.text(row) for column in columns] for row in rows)
    else:
        for row in rows:
            print("\t".join(printable(column.text(row)) for column in columns))
    if footer:
        print(printable_lines(footer), file=sys.stdout if form.is_for_people else sys.stderr)


def write_json(value: object) -> None:
    """Write one JSON value to standard output, for people to read too."""
    print(json.dumps(as_document(value), ensure_ascii=False, indent=2))


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
    return "" if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


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


def plural(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _write_table(rows: Sequence[Row], columns: Sequence[Column[Row]]) -> None:
    # Slow to import, and only people need it.
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        return
    console = Console(file=sys.stdout, highlight=False)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    shown = _fitting({column: _cells(rows, column) for column in columns if column.heading}, console.width)
    for column in shown:
        table.add_column(column.heading, overflow="fold")
    for number, row in enumerate(rows):
        styles = [column.style(row) if column.style else "" for column in shown]
        texts = [cells[number] or NOTHING for cells in shown.values()]
        table.add_row(*(Text(text, style) for text, style in zip(texts, styles, strict=True)))
    console.print(table)


def _cells(rows: Sequence[Row], column: Column[Row]) -> list[str]:
    return [printable_lines((column.brief or column.text)(row)) for row in rows]


def _fitting(columns: Mapping[Column[Row], list[str]], width: int) -> dict[Column[Row], list[str]]:
    """Return the columns that have something in them, without spare ones that there is no room for."""
    shown = {column: cells for column, cells in columns.items() if any(cells)}
    widths = {column: max(map(len, [column.heading, *cells])) + _GUTTER for column, cells in shown.items()}
    for column in sorted((one for one in shown if one.spare), key=lambda one: -one.spare):
        if sum(widths[one] for one in shown) <= width:
            break
        del shown[column]
    return shown
