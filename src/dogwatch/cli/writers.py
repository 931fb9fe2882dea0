"""Writers of lists, one per format: things go in one after the other, so that a long list needs no memory.

Only tables, and JSON that is queried, need everything at once.
"""

from __future__ import annotations

import csv
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TextIO, TypeVar

from dogwatch.cli.rendering import (
    NOTHING,
    Column,
    Format,
    Row,
    as_document,
    json_text,
    printable,
    printable_lines,
)
from dogwatch.cli.reports.cells import guarded_cell

Thing = TypeVar("Thing")
Taken = TypeVar("Taken", contravariant=True)

_GUTTER = 3  # characters between two columns
_FILE_WIDTH = 160  # characters, of a table written to a file


@dataclass(frozen=True, slots=True)
class Listing(Generic[Thing, Row]):
    """How a kind of thing is listed.

    `rows` are its rows for programs, `brief_rows` those of a table, `document` its JSON value. `prose` tells of one
    thing in lines, and takes the table's place.
    """

    columns: Sequence[Column[Row]]
    rows: Callable[[Thing], Iterable[Row]]
    brief_rows: Callable[[Thing], Iterable[Row]]
    document: Callable[[Thing], object] = as_document
    prose: Callable[[Thing], Iterable[str]] | None = None


class Writer(Protocol[Taken]):
    """Takes the things of a list in their order."""

    def add(self, thing: Taken) -> None:
        """Write a thing, or keep it until the end."""

    def end(self, footer: str) -> None:
        """Write what is left; `footer` says what was looked at, and only people get it here."""


def open_writer(
    form: str,
    stream: TextIO,
    listing: Listing[Thing, Row],
    columns: Sequence[Column[Row]],
    reshape: Callable[[object], object] | None,
) -> Writer[Thing]:
    """Return a writer.

    Args:
        form: one of `Format`.
        stream: where to.
        listing: how the things are listed.
        columns: those of the listing that are wanted.
        reshape: makes of the JSON value of all things what is shown in its place.
    """
    if form == Format.TABLE:
        return _Prose(stream, listing.prose) if listing.prose else _Table(stream, listing.brief_rows, columns)
    if form == Format.JSON:
        return _WholeJson(stream, listing.document, reshape) if reshape else _Json(stream, listing.document)
    if form == Format.CSV:
        return _Csv(stream, listing.rows, columns)
    if form == Format.NDJSON:
        return _Lines(stream, lambda thing: f"{json_text(listing.document(thing))}\n")
    return _Lines(stream, lambda thing: "".join(_tab_separated(row, columns) for row in listing.rows(thing)))


def _tab_separated(row: Row, columns: Sequence[Column[Row]]) -> str:
    return "\t".join(printable(column.text(row)) for column in columns) + "\n"


class _Lines(Generic[Thing]):
    """Text of its own for each thing."""

    def __init__(self, stream: TextIO, text_of: Callable[[Thing], str]) -> None:
        self._stream = stream
        self._text_of = text_of

    def add(self, thing: Thing) -> None:
        self._stream.write(self._text_of(thing))

    def end(self, footer: str) -> None:
        pass


class _Csv(Generic[Thing, Row]):
    """CSV with a header, which is written when the first row is there: who cannot be asked gives nothing at all."""

    def __init__(self, stream: TextIO, rows: Callable[[Thing], Iterable[Row]], columns: Sequence[Column[Row]]) -> None:
        self._writer = csv.writer(stream)
        self._rows = rows
        self._columns = columns
        self._is_begun = False

    def add(self, thing: Thing) -> None:
        self._begin()
        for row in self._rows(thing):
            self._writer.writerow([guarded_cell(column.text(row)) for column in self._columns])

    def end(self, footer: str) -> None:
        self._begin()

    def _begin(self) -> None:
        if not self._is_begun:
            self._writer.writerow([column.name for column in self._columns])
        self._is_begun = True


class _Json(Generic[Thing]):
    """One JSON array, written as it comes."""

    def __init__(self, stream: TextIO, document: Callable[[Thing], object]) -> None:
        self._stream = stream
        self._document = document
        self._before = "[\n"

    def add(self, thing: Thing) -> None:
        self._stream.write(self._before + textwrap.indent(json_text(self._document(thing), indent=2), "  "))
        self._before = ",\n"

    def end(self, footer: str) -> None:
        self._stream.write("[]\n" if self._before == "[\n" else "\n]\n")


class _WholeJson(Generic[Thing]):
    """What a query finds in the JSON array of all things."""

    def __init__(
        self, stream: TextIO, document: Callable[[Thing], object], reshape: Callable[[object], object]
    ) -> None:
        self._stream = stream
        self._document = document
        self._reshape = reshape
        self._documents: list[object] = []

    def add(self, thing: Thing) -> None:
        self._documents.append(as_document(self._document(thing)))

    def end(self, footer: str) -> None:
        self._stream.write(json_text(self._reshape(self._documents), indent=2) + "\n")


class _Prose(Generic[Thing]):
    """Lines for people."""

    def __init__(self, stream: TextIO, lines_of: Callable[[Thing], Iterable[str]]) -> None:
        self._stream = stream
        self._lines_of = lines_of

    def add(self, thing: Thing) -> None:
        self._stream.writelines(f"{printable_lines(line)}\n" for line in self._lines_of(thing))

    def end(self, footer: str) -> None:
        self._stream.write(f"{printable_lines(footer)}\n" if footer else "")


class _Table(Generic[Thing, Row]):
    """A table as wide as the terminal, in colours where that is one."""

    def __init__(self, stream: TextIO, rows: Callable[[Thing], Iterable[Row]], columns: Sequence[Column[Row]]) -> None:
        self._stream = stream
        self._rows_of = rows
        self._columns = columns
        self._rows: list[Row] = []

    def add(self, thing: Thing) -> None:
        self._rows += self._rows_of(thing)

    def end(self, footer: str) -> None:
        if self._rows:
            self._write()
        self._stream.write(f"{printable_lines(footer)}\n" if footer else "")

    def _write(self) -> None:
        # Slow to import, and only people need it.
        import sys

        from rich.box import SIMPLE_HEAD
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        console_width = None if self._stream is sys.stdout else _FILE_WIDTH
        console = Console(file=self._stream, width=console_width, highlight=False)
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        cells_of = {column: _cells(self._rows, column) for column in self._columns if column.heading}
        shown = _fitting(cells_of, console.width)
        for column, cells in shown.items():
            words = " ".join([column.heading, *cells]).split()
            width = max(map(len, words)) if column.keeps_words else None
            table.add_column(column.heading, overflow="fold", min_width=width)
        for number, row in enumerate(self._rows):
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
