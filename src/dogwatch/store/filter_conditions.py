"""Filters of the grammar as SQL conditions: true or false and never null, so that `not` means what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from psycopg import sql

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.filters import AllOf, AnyOf, Compared, Filter, Like, Not, OneOf
from dogwatch.model.matches import Severity
from dogwatch.store.filters import Constant, TextEntries


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the fields of a list are found.

    `texts` make the condition of a field's entries, whose columns are never null; `ordered` are columns that may be.
    Severities are both: equal as a text, ordered by their number.
    """

    texts: Mapping[str, Callable[[TextEntries], sql.Composable]]
    ordered: Mapping[str, sql.Composable]

    def condition(self, asked: Filter) -> sql.Composable:
        """Return the condition that a row must meet.

        Raises:
            InvalidRequestError: a field that is not here.
        """
        if isinstance(asked, AllOf | AnyOf):
            word = sql.SQL(" AND " if isinstance(asked, AllOf) else " OR ")
            return sql.SQL("({})").format(word.join(self.condition(part) for part in asked.parts))
        if isinstance(asked, Not):
            return sql.SQL("(NOT {})").format(self.condition(asked.part))
        return sql.SQL("({})").format(self._leaf(asked))

    def _leaf(self, asked: OneOf | Like | Compared) -> sql.Composable:
        if isinstance(asked, Like) and asked.field in self.texts:
            return self.texts[asked.field]([("GLOB", asked.pattern)])
        if isinstance(asked, OneOf) and asked.field in self.texts:
            return self.texts[asked.field]([("EQUALS", _word(value)) for value in asked.values])
        column = self.ordered.get(asked.field)
        if column is None or isinstance(asked, Like):
            raise InvalidRequestError("filter", f"{asked.field} cannot be asked for like this here")
        if isinstance(asked, OneOf):
            held = sql.SQL("{} IN ({})").format(column, sql.SQL(", ").join(map(_literal, asked.values)))
        else:
            held = sql.SQL("{} {} {}").format(column, sql.SQL(asked.order.value), _literal(asked.value))
        return sql.SQL("coalesce({}, false)").format(held)


def _word(value: object) -> str:
    return value.name if isinstance(value, Severity) else str(value)


def _literal(value: object) -> Constant:
    return Constant(int(value) if isinstance(value, Severity) else value)
