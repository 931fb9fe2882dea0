"""One list that is being gone through: its order and direction, where its findings can be, and SQL that follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from dogwatch.store.candidates.limits import Limits
from dogwatch.store.candidates.orders import Order, compared, key_of
from dogwatch.store.candidates.scope import Scope
from dogwatch.store.filters import EVERYTHING
from dogwatch.store.queries import load_queries

Row = Mapping[str, Any]
Key = Sequence[object]

_SQL = load_queries("finding_candidates")

AFFECTED = sql.SQL("exposure.verdict = 'affected'")


@dataclass(frozen=True, slots=True)
class Candidates:
    """The next rows, and the key up to which they are complete; None when nothing comes after them."""

    rows: Sequence[Row]
    complete_until: list[object] | None


@dataclass(frozen=True, slots=True)
class Search:
    """One list: its order and direction, and where its findings can be: in any of the parts, where there are some."""

    connection: psycopg.Connection
    order: Order
    descending: bool
    scope: Scope
    limits: Limits
    parts: tuple[Scope, ...] = ()

    @property
    def direction(self) -> sql.SQL:
        """The direction of every column."""
        return sql.SQL("DESC" if self.descending else "ASC")

    def beyond(self, columns: Sequence[str], after: Key | None, *, or_equal: bool = False) -> sql.Composable:
        """Return the condition that leading columns are behind a key; with all of them, that the row is."""
        if after is None:
            return EVERYTHING
        operator = ("<" if self.descending else ">") + ("=" if or_equal else "")
        return compared(self.order.columns, columns, operator, after)

    def short_of(self, columns: Sequence[str], stop: Key) -> sql.Composable:
        """Return the condition that leading columns are ahead of a key's."""
        return compared(self.order.columns, columns, ">" if self.descending else "<", stop)

    def ahead_of(self, beginning: Sequence[object]) -> list[object]:
        """Return a key with this beginning that lies before all findings that have it."""
        outside = 2**62 if self.descending else 0  # nothing has such an id
        return [*beginning, *[outside] * (len(self.order.columns) - len(beginning))]

    def ordered(self, columns: Sequence[str]) -> sql.Composable:
        """Return the columns as ORDER BY takes them."""
        return sql.SQL(", ").join(sql.SQL(f"{column} ") + self.direction for column in columns)

    def fetch(self, statement: sql.Composed, most: int) -> Candidates:
        """Return the rows of a statement that returns at most `most`, in order."""
        self.connection.execute(_SQL["plan_side_by_side"])
        with self.connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(statement, {"at": self.scope.at}, prepare=False).fetchall()
        self.connection.execute(_SQL["plan_as_usual"])
        return Candidates(rows, key_of(self.order.columns, rows[-1]) if len(rows) >= most else None)


def complete_until(found: Candidates, stop: list[object] | None) -> Candidates:
    """Return what was found short of a stop: complete as far as its page goes, or as far as the stop."""
    return found if found.complete_until is not None else Candidates(found.rows, stop)


def listed(columns: Sequence[str]) -> sql.Composable:
    """Return columns with commas between them."""
    return sql.SQL(", ").join(map(sql.SQL, columns))


def named(columns: Mapping[str, str]) -> sql.Composable:
    """Return expressions, each with its name."""
    return listed([f"{expression} AS {name}" for name, expression in columns.items()])
