"""Filters of lists as SQL conditions: (comparison, value) entries on a column, bounds on times and numbers.

Entries of one field are alternatives, except NOT_EQUALS, which must all hold; fields must all hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from psycopg import sql
from psycopg.abc import AdaptContext

from dogwatch.model.errors import InvalidRequestError

TextEntries = Sequence[tuple[str, str]]
"""(EQUALS, PREFIX, GLOB or NOT_EQUALS; value). In the value of a GLOB, `*` stands for any characters or none."""

EVERYTHING = sql.SQL("true")


class Constant(sql.Literal):
    """A value inside a query that has parameters too, where a percent sign of the value would begin one."""

    def as_bytes(self, context: AdaptContext | None = None) -> bytes:
        """Return the value as SQL."""
        return super().as_bytes(context).replace(b"%", b"%%")


def text_condition(field: str, column: sql.Composable, entries: TextEntries) -> sql.Composable:
    """Return the condition that one text column must meet.

    Raises:
        InvalidRequestError: a comparison that is not offered; `field` names it.
    """
    equal = [value for comparison, value in entries if comparison == "EQUALS"]
    prefixes = [value for comparison, value in entries if comparison == "PREFIX"]
    unequal = [value for comparison, value in entries if comparison == "NOT_EQUALS"]
    globs = [value for comparison, value in entries if comparison == "GLOB"]
    if len(equal) + len(prefixes) + len(unequal) + len(globs) < len(entries):
        raise InvalidRequestError(field, "comparison must be one of EQUALS, PREFIX, GLOB, NOT_EQUALS")
    alternatives: list[sql.Composable] = []
    if equal:
        alternatives.append(sql.SQL("{} = ANY({}::text[])").format(column, Constant(_storable(equal))))
    alternatives += [sql.SQL("starts_with({}, {})").format(column, Constant(prefix)) for prefix in _storable(prefixes)]
    alternatives += [sql.SQL("{} LIKE {}").format(column, Constant(_like(glob))) for glob in _storable(globs)]
    conditions: list[sql.Composable] = []
    if alternatives:
        conditions.append(sql.SQL("({})").format(sql.SQL(" OR ").join(alternatives)))
    if unequal:
        conditions.append(sql.SQL("{} <> ALL({}::text[])").format(column, Constant(_storable(unequal))))
    return every(conditions)


def _like(glob: str) -> str:
    """Write a pattern as LIKE reads it."""
    escaped = glob.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return escaped.replace("*", "%")


def _storable(values: Sequence[str]) -> list[str]:
    """Drop values that no column can hold, hence that equal nothing stored: NUL and lone surrogates."""
    kept = [value for value in values if "\0" not in value and value.isprintable()]
    return kept or ["\x01 matches nothing"] if values else []


def member_condition(field: str, subquery: sql.Composable, entries: TextEntries) -> sql.Composable:
    """Return the condition on a many-valued property: `subquery` selects a text column `value` of one row's members.

    Positive entries ask for some member that meets one of them, NOT_EQUALS for no member that equals it.
    """
    positive = [entry for entry in entries if entry[0] != "NOT_EQUALS"]
    negative = [("EQUALS", value) for comparison, value in entries if comparison == "NOT_EQUALS"]
    conditions: list[sql.Composable] = []
    value = sql.SQL("member.value")
    for exists, asked in ((sql.SQL("EXISTS"), positive), (sql.SQL("NOT EXISTS"), negative)):
        if asked:
            condition = text_condition(field, value, asked)
            conditions.append(sql.SQL("{} (SELECT FROM ({}) AS member WHERE {})").format(exists, subquery, condition))
    return every(conditions)


def bounds_condition(column: sql.Composable, entries: Sequence[tuple[object | None, object | None]]) -> sql.Composable:
    """Return the condition that a column lies in one of the spans; both bounds are inside, None is no bound."""
    spans = [
        every(
            [
                sql.SQL("{} {} {}").format(column, operator, Constant(bound))
                for operator, bound in ((sql.SQL(">="), low), (sql.SQL("<="), high))
                if bound is not None
            ]
        )
        for low, high in entries
    ]
    return sql.SQL("({})").format(sql.SQL(" OR ").join(spans)) if spans else EVERYTHING


def every(conditions: Sequence[sql.Composable]) -> sql.Composable:
    """Join conditions that must all hold."""
    return sql.SQL(" AND ").join(conditions) if conditions else EVERYTHING


def refuse_unknown(asked: Mapping[str, object], offered: Mapping[str, object]) -> None:
    """Raise InvalidRequestError for a field that the list does not offer."""
    for field in asked:
        if field not in offered:
            raise InvalidRequestError(field, f"no such filter; offered are {', '.join(sorted(offered))}")
