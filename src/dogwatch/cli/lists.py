"""Lists: their options, which all commands share, and the way from things to every output that was asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Annotated, Generic

import typer

from dogwatch.cli.json_query import Query as Query
from dogwatch.cli.json_query import asked_of
from dogwatch.cli.options import option
from dogwatch.cli.outputs import Output, opened_file, read_outputs
from dogwatch.cli.rendering import Column, Format, Row, say
from dogwatch.cli.taking import Order
from dogwatch.cli.writers import Listing, Thing, Writer, open_writer
from dogwatch.model.errors import InvalidRequestError

USUAL_LIMIT = 100
"""Rows that a person can look through."""

FORMATS = tuple(one.value for one in Format)

Outputs = Annotated[
    list[str] | None,
    option(
        f"{', '.join(FORMATS)}; several times with files; otherwise table on a terminal, tsv elsewhere",
        "--output",
        "-o",
        variable="DOGWATCH_OUTPUT",
        metavar="FORMAT[=FILE]",
        offered=FORMATS,
    ),
]
Columns = Annotated[str | None, option("columns of table, tsv and csv: NAME,NAME", "--columns", metavar="NAMES")]
Sort = Annotated[str | None, option("sort by this column, '-NAME' for the largest first", "--sort", metavar="NAME")]
Limit = Annotated[
    int, typer.Option("--limit", min=1, help="at most so many", envvar="DOGWATCH_LIMIT", metavar="NUMBER")
]
All = Annotated[bool, typer.Option("--all", help="to the end, whatever --limit says", show_default=False)]


@dataclass(frozen=True, slots=True)
class Layout(Generic[Thing, Row]):
    """How a list is written: in which formats and where to, with which columns, in which order."""

    listing: Listing[Thing, Row]
    outputs: tuple[Output, ...]
    columns: tuple[Column[Row], ...]
    reshape: Callable[[object], object] | None = None
    order: Order[Row] | None = None

    def write(self, things: Iterable[Thing], footer: Callable[[], str] | str = "") -> None:
        """Write things to every output as they come.

        Args:
            things: in the order shown.
            footer: what was looked at; asked for when all things are written. It stands below tables, and on standard
                error where standard output has none.

        Raises:
            ConfigError: a file cannot be written.
        """
        with ExitStack() as files:
            writers = [self._open(one, files) for one in self.outputs]
            for thing in things:
                for writer in writers:
                    writer.add(thing)
            text = footer if isinstance(footer, str) else footer()
            for writer in writers:
                writer.end(text)
        sys.stdout.flush()
        if text and Output(Format.TABLE) not in self.outputs:
            say(text)

    def arranged(self, rows: Iterable[Row]) -> Iterable[Row]:
        """Return all rows of a short list in the order that was asked for."""
        return rows if self.order is None else self.order.arrange(rows)

    def _open(self, output: Output, files: ExitStack) -> Writer[Thing]:
        stream = sys.stdout if output.file is None else files.enter_context(opened_file(output.file))
        return open_writer(output.form, stream, self.listing, self.columns, self.reshape)


def listing_of(columns: Sequence[Column[Row]], document: Callable[[Row], object] | None = None) -> Listing[Row, Row]:
    """Return the listing of things that are one row each."""
    plain: Listing[Row, Row] = Listing(columns, _alone, _alone)
    return replace(plain, document=document) if document else plain


def _alone(row: Row) -> tuple[Row, ...]:
    return (row,)


def lay_out(
    listing: Listing[Thing, Row],
    output: Sequence[str] | None,
    columns: str | None = None,
    query: str | None = None,
    sort: str | None = None,
) -> Layout[Thing, Row]:
    """Read the options of a list, before anything is asked.

    Raises:
        InvalidRequestError: an unknown format or column, or an option that no output can follow.
    """
    outputs = read_outputs(output, FORMATS)
    forms = {one.form for one in outputs}
    if query is not None and Format.JSON not in forms:
        raise InvalidRequestError("query", "is asked of JSON; add -o json")
    if columns and forms <= {Format.JSON, Format.NDJSON}:
        raise InvalidRequestError("columns", "are those of table, tsv and csv; of JSON, --query takes parts")
    order = Order(_named(listing.columns, sort.removeprefix("-"), "sort"), sort.startswith("-")) if sort else None
    return Layout(listing, outputs, _chosen(listing.columns, columns), asked_of(query), order)


def _chosen(columns: Sequence[Column[Row]], names: str | None) -> tuple[Column[Row], ...]:
    """Return the columns of these names, in the order asked; every one then has a heading and is never left out."""
    if not names:
        return tuple(columns)
    chosen = [_named(columns, name.strip(), "columns") for name in names.split(",") if name.strip()]
    return tuple(replace(one, heading=one.heading or one.name.upper(), spare=0) for one in dict.fromkeys(chosen))


def _named(columns: Sequence[Column[Row]], name: str, option_name: str) -> Column[Row]:
    found = next((one for one in columns if one.name == name.lower()), None)
    if found is None:
        raise InvalidRequestError(option_name, f"{name!r} is none of {', '.join(one.name for one in columns)}")
    return found
