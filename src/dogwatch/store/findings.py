"""Findings: the view, a page at a time, as of any moment."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.views import FindingQuery, FindingView, Page
from dogwatch.store.candidates import Candidates, Limits, Search, find_parts, find_scope, next_candidates, read_demands
from dogwatch.store.candidates.orders import compared, key_of, order_of
from dogwatch.store.connection import Database
from dogwatch.store.cursors import decode_cursor, encode_cursor, list_fingerprint, refuse_page_size
from dogwatch.store.filters import EVERYTHING, every
from dogwatch.store.finding_details import complete
from dogwatch.store.pruning import refuse_pruned
from dogwatch.store.queries import load_queries

_SQL = load_queries("findings")

Key = list[object]


class FindingStore:
    """Reads the findings view."""

    def __init__(self, database: Database, limits: Limits | None = None) -> None:
        self._database = database
        self._limits = limits or Limits()

    def findings(self, query: FindingQuery, now: datetime) -> Page[FindingView]:
        """Return a page of findings as of `query.as_of`, or `now`.

        A cursor keeps the moment of its first page, so that a walk through pages sees one state. A page may come short,
        or empty, and still have a `next`: only a page without is the last.

        Raises:
            InvalidRequestError: an unknown field, comparison, sort or cursor, a page size that is not offered, a moment
                of which not everything is kept, or one that has not come.
        """
        if query.as_of and query.as_of > now:
            raise InvalidRequestError("as_of", "this moment has not come; nothing is known of it")
        order = order_of(query.sort)
        refuse_page_size(query.limit)
        fingerprint = list_fingerprint(
            query.account_id, query.texts, query.times, query.numbers, query.filter, query.as_of, order.columns
        )
        at, after = query.as_of or now, None
        if query.after:
            at, key = decode_cursor(query.after, fingerprint)
            after = list(key)
            compared(order.columns, order.columns, "=", after)  # refuses a key that is not one of this order
        demands = read_demands(query, now)
        with self._database.transaction() as connection:
            scope = find_scope(connection, query, at, demands, self._limits)
            if scope.is_empty:
                refuse_pruned(connection, at)
                return Page((), "")
            parts = find_parts(connection, order, scope, self._limits)
            search = Search(connection, order, query.descending, scope, self._limits, parts)
            rows, last = _page(search, query, after)
            page = Page(complete(connection, rows, now), encode_cursor(fingerprint, at, last) if last else "")
            refuse_pruned(connection, at)
            return page


def _page(search: Search, query: FindingQuery, after: Key | None) -> tuple[list[dict[str, Any]], Key | None]:
    """Return the findings behind a key, and the key to go on from; None at the end."""
    rows: list[dict[str, Any]] = []
    most = min(query.limit + query.limit // 4 + 8, search.limits.at_once)
    tried = rounds = 0
    began = time.monotonic()
    while True:
        found = next_candidates(search, after, most)
        rows += _confirmed(search, query, found, after, query.limit + 1 - len(rows))
        if len(rows) > query.limit:
            rows = rows[: query.limit]
            return rows, key_of(search.order.columns, rows[-1])
        after, tried, rounds = found.complete_until, tried + len(found.rows), rounds + 1
        if after is None or _is_enough(search.limits, tried, rounds, time.monotonic() - began):
            return rows, after
        most = min(2 * most, search.limits.at_once)


def _is_enough(limits: Limits, tried: int, rounds: int, seconds: float) -> bool:
    """Whether a page goes out as it is, however short."""
    return tried >= limits.candidates or rounds >= limits.rounds or seconds >= limits.seconds


def _confirmed(
    search: Search, query: FindingQuery, found: Candidates, after: Key | None, most: int
) -> list[dict[str, Any]]:
    """Ask the definition about candidates: those that are findings, behind the one key and up to the other."""
    pairs = sorted({(row["id"], row["vulnerability_id"]) for row in found.rows})
    if not pairs:
        return []
    columns, last = search.order.columns, found.complete_until
    until = compared(columns, columns, ">=" if search.descending else "<=", last) if last else EVERYTHING
    statement = sql.SQL(_SQL["findings"]).format(
        filter=every([*search.scope.demands.finding, search.beyond(columns, after), until]),
        order=search.ordered(columns),
    )
    values = {
        "account": query.account_id,
        "at": search.scope.at,
        "images": [image for image, _ in pairs],
        "vulnerabilities": [vulnerability for _, vulnerability in pairs],
        "limit": most,
    }
    return _rows(search.connection, statement, values)


def _rows(
    connection: psycopg.Connection, statement: sql.Composed, values: Mapping[str, object]
) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, values, prepare=False).fetchall()
