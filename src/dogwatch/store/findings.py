"""Findings: the view, a page at a time, as of any moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.filters import Filter, conjuncts, fields_of
from dogwatch.model.matches import Severity
from dogwatch.model.views import FindingQuery, FindingView, Page
from dogwatch.store.connection import Database
from dogwatch.store.cursors import decode_cursor, encode_cursor, list_fingerprint
from dogwatch.store.filter_conditions import Columns
from dogwatch.store.filters import (
    EVERYTHING,
    Constant,
    TextEntries,
    bounds_condition,
    every,
    member_condition,
    refuse_unknown,
    text_condition,
)
from dogwatch.store.finding_details import complete
from dogwatch.store.queries import load_queries

_SQL = load_queries("findings")

MAX_PAGE = 1_000
"""Findings per page: every row carries packages and texts, so a larger page would not fit the memory target."""

_TAGS = (
    "SELECT tag.name AS value FROM tag WHERE tag.digest = {row}.digest AND tag.repository_id = {row}.repository_id"
    " UNION ALL SELECT tag.name FROM index_image JOIN image_index ON image_index.id = index_image.index_id"
    " JOIN tag ON tag.digest = image_index.digest AND tag.repository_id = image_index.repository_id"
    " WHERE index_image.image_id = {row}.id"
)
_FINDING_ID = sql.SQL("lpad(to_hex({}.image_id), 16, '0') || lpad(to_hex({}.vulnerability_id), 16, '0')")

Condition = Callable[[TextEntries], sql.Composable]


def _column(field: str, text: str) -> Condition:
    return lambda entries: text_condition(field, sql.SQL(text), entries)


def _tags(row: str) -> Condition:
    subquery = sql.SQL(_TAGS).format(row=sql.Identifier(row))
    return lambda entries: member_condition("tag", subquery, entries)


def _vulnerability(row: str) -> Condition:
    """By any name it is known by, so that a GHSA id finds the CVE."""
    subquery = sql.SQL(
        "SELECT name AS value FROM vulnerability_name WHERE vulnerability_name.vulnerability_id = {}.vulnerability_id"
    ).format(sql.Identifier(row))
    return lambda entries: member_condition("vulnerability", subquery, entries)


def _severity(entries: TextEntries) -> sql.Composable:
    numbers = [(comparison, _severity_number(value)) for comparison, value in entries]
    return text_condition("severity", sql.SQL("severity::text"), numbers)


def _severity_number(label: str) -> str:
    return str(int(Severity[label])) if label in Severity.__members__ else label


_IMAGE_TEXTS: Mapping[str, Condition] = {
    "repository": _column("repository", "repository.name"),
    "registry": _column("registry", "registry.alias"),
    "place": _column("place", "(registry.alias || '/' || repository.name)"),
    "digest": _column("digest", "image.digest"),
    "architecture": _column("architecture", "image.architecture"),
    "image": _column("image", "image.id::text"),
    "tag": _tags("image"),
}
_VULNERABILITY_TEXTS: Mapping[str, Condition] = {
    "vulnerability": _vulnerability("finding_span"),
    "finding": lambda entries: text_condition(
        "finding", _FINDING_ID.format(sql.Identifier("finding_span"), sql.Identifier("finding_span")), entries
    ),
}
_FINDING_TEXTS: Mapping[str, Condition] = {
    "severity": _severity,
    "status": _column("status", "status"),
    "fix": _column("fix", "fix"),
    "title": _column("title", "title"),
    "source": _column("source", "source"),
    "package": lambda entries: member_condition(
        "package", sql.SQL("SELECT unnest(package_names || match_names) AS value"), entries
    ),  # as the image spells it, or as advisories do: the normalised name, a distribution's source package
    "ecosystem": lambda entries: member_condition("ecosystem", sql.SQL("SELECT unnest(ecosystems) AS value"), entries),
}
_TEXTS = {**_IMAGE_TEXTS, **_VULNERABILITY_TEXTS, **_FINDING_TEXTS}
_TIMES = {
    "first_observed_at": sql.SQL("first_observed_at"),
    "last_observed_at": sql.SQL("updated_at"),
    "updated_at": sql.SQL("updated_at"),
    "pushed_at": sql.SQL("pushed_at"),
}
_NUMBERS = {"score": sql.SQL("nullif(score_tenths, -1) / 10.0")}  # no score lies between no bounds

_IMAGE_COLUMNS = Columns(_IMAGE_TEXTS, {})
_VULNERABILITY_COLUMNS = Columns({"vulnerability": _VULNERABILITY_TEXTS["vulnerability"]}, {})
_FINDING_COLUMNS = Columns(
    {
        **_FINDING_TEXTS,
        "repository": _column("repository", "repository"),
        "registry": _column("registry", "alias"),
        "place": _column("place", "(alias || '/' || repository)"),
        "digest": _column("digest", "digest"),
        "architecture": _column("architecture", "architecture"),
        "image": _column("image", "id::text"),
        "tag": _tags("finding"),
        "vulnerability": _vulnerability("finding"),
    },
    {**_TIMES, **_NUMBERS, "severity": sql.SQL("severity")},
)
"""Where a filter's fields are found: as early as its parts can be told, or else in the whole finding."""

_EPOCH = "coalesce(pushed_at, 'epoch')"
SORT_FIELDS: Mapping[str, tuple[str, ...]] = {
    "severity": ("severity", "score_tenths", "vulnerability"),
    "score": ("score_tenths", "vulnerability"),
    "vulnerability": ("vulnerability",),
    "source": ("source", "vulnerability"),
    "status": ("status", "severity"),
    "first_observed_at": ("first_observed_at",),
    "last_observed_at": ("updated_at",),
    "updated_at": ("updated_at",),
    "pushed_at": (_EPOCH,),
    "repository": ("repository",),
    "registry": ("alias",),
}
"""What lists can be sorted by: the columns of each order; image and vulnerability ids always break ties."""

_CASTS = {"first_observed_at": "timestamptz", "updated_at": "timestamptz", _EPOCH: "timestamptz"}


class FindingStore:
    """Reads the findings view."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def findings(self, query: FindingQuery, now: datetime) -> Page[FindingView]:
        """Return a page of findings as of `query.as_of`, or `now`.

        A cursor keeps the moment of its first page, so that a walk through pages sees one state.

        Raises:
            InvalidRequestError: an unknown field, comparison, sort or cursor, or a page size that is not offered.
        """
        order = _order(query)
        fingerprint = list_fingerprint(
            query.account_id, query.texts, query.times, query.numbers, query.filter, query.as_of, order
        )
        at = query.as_of or now
        after: sql.Composable = EVERYTHING
        if query.after:
            at, key = decode_cursor(query.after, fingerprint)
            after = _after(order, query.descending, key)
        statement = _statement(query, order, after)
        values = {"account": query.account_id, "at": at, "limit": query.limit + 1}
        with self._database.transaction() as connection:
            rows = _rows(connection, statement, values)
            shown = rows[: query.limit]
            following = encode_cursor(fingerprint, at, _key(order, shown[-1])) if len(rows) > len(shown) else ""
            return Page(complete(connection, shown), following)


def _rows(
    connection: psycopg.Connection, statement: sql.Composed, values: Mapping[str, object]
) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, values, prepare=False).fetchall()


def _order(query: FindingQuery) -> tuple[str, ...]:
    if query.sort not in SORT_FIELDS:
        raise InvalidRequestError("sort", f"{query.sort!r} is none of {', '.join(sorted(SORT_FIELDS))}")
    if not 1 <= query.limit <= MAX_PAGE:
        raise InvalidRequestError("limit", f"must be 1 to {MAX_PAGE}")
    return (*SORT_FIELDS[query.sort], "id", "vulnerability_id")


def _key(order: Sequence[str], row: Mapping[str, Any]) -> list[object]:
    epoch = "1970-01-01T00:00:00+00:00"
    return [(row["pushed_at"] or epoch) if column == _EPOCH else row[column] for column in order]


def _after(order: Sequence[str], descending: bool, key: Sequence[object]) -> sql.Composed:
    if len(key) != len(order):
        raise InvalidRequestError("cursor", "not a cursor of this list; begin again without one")
    columns = sql.SQL(", ").join(sql.SQL(column) for column in order)
    values = sql.SQL(", ").join(
        sql.SQL("{}::{}").format(Constant(value), sql.SQL(_CASTS[column])) if column in _CASTS else Constant(value)
        for column, value in zip(order, key, strict=True)
    )
    return sql.SQL("({}) {} ({})").format(columns, sql.SQL("<" if descending else ">"), values)


def _statement(query: FindingQuery, order: Sequence[str], after: sql.Composable) -> sql.Composed:
    refuse_unknown(query.texts, _TEXTS)
    refuse_unknown(query.times, _TIMES)
    refuse_unknown(query.numbers, _NUMBERS)
    direction = sql.SQL(" DESC" if query.descending else " ASC")
    bounds = [bounds_condition(_TIMES[field], entries) for field, entries in query.times.items()]
    bounds += [bounds_condition(_NUMBERS[field], entries) for field, entries in query.numbers.items()]
    of_images, of_vulnerabilities, of_findings = _placed(query.filter)
    return sql.SQL(_SQL["findings"]).format(
        image_filter=_conditions(query, _IMAGE_TEXTS, of_images),
        vulnerability_filter=_conditions(query, _VULNERABILITY_TEXTS, of_vulnerabilities),
        finding_filter=_conditions(query, _FINDING_TEXTS, [*bounds, *of_findings]),
        after=after,
        order=sql.SQL(", ").join(sql.SQL(column) + direction for column in order),
    )


def _conditions(
    query: FindingQuery, offered: Mapping[str, Condition], more: Sequence[sql.Composable]
) -> sql.Composable:
    return every([offered[field](entries) for field, entries in query.texts.items() if field in offered] + list(more))


def _placed(asked: Filter | None) -> tuple[list[sql.Composable], list[sql.Composable], list[sql.Composable]]:
    """Return a filter's conditions on images, on vulnerabilities and on findings: each as early as it can be told."""
    placed: tuple[list[sql.Composable], list[sql.Composable], list[sql.Composable]] = ([], [], [])
    for part in conjuncts(asked):
        names = set(fields_of(part))
        for columns, conditions in zip((_IMAGE_COLUMNS, _VULNERABILITY_COLUMNS, _FINDING_COLUMNS), placed, strict=True):
            if names <= columns.texts.keys() or columns is _FINDING_COLUMNS:
                conditions.append(columns.condition(part))
                break
    return placed
