"""What changed in the journal between two moments, page by page, and what it did to an account's packages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.journals import CHANGE_KINDS, AdvisoryChange, Boundary, DiffQuery, JournalDiff, Tally
from dogwatch.store.connection import Database
from dogwatch.store.cursors import decode_cursor, encode_cursor, foreign_cursor, list_fingerprint, refuse_page_size
from dogwatch.store.pruning import refuse_pruned
from dogwatch.store.queries import load_queries

_SQL = load_queries("journal_diffs")

MAX_EXPOSURES = 100_000
"""Exposures that are counted: a day of all feeds changes some thousand, a first import millions, and takes seconds."""

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def load_diff(database: Database, query: DiffQuery, now: datetime) -> JournalDiff:
    """Return what happened after one moment, up to another.

    A revision means the moment at which it was published: what arrived after it counts for the next.

    Raises:
        NotFoundError: there is no such revision.
        InvalidRequestError: a page size or a kind that is not offered, an end before its beginning, a foreign cursor, a
            beginning from which not everything is kept.
    """
    _refuse_unknown(query)
    fingerprint = list_fingerprint("diff", query.account_id, query.since, query.until, sorted(query.kinds))
    place = _place(query.after, fingerprint)
    with database.transaction() as connection:
        begin = _load_boundary(connection, query.since, now)
        # a cursor keeps the end that the first page had, or the list would grow under its reader
        end = Boundary(place[2], place[3]) if place else _load_boundary(connection, query.until, now)
        if end.revision < begin.revision or end.at < begin.at:
            raise InvalidRequestError("until", "comes before the beginning")
        values = {"since": begin.revision, "until": end.revision, "kinds": sorted(query.kinds)}
        after = {"after_revision": place[0] if place else 0, "after_advisory": place[1] if place else 0}
        rows = connection.execute(_SQL["changes"], values | after | {"most": query.limit + 1}).fetchall()
        shown = rows[: query.limit]
        last = [*shown[-1][:2], end.revision] if len(rows) > query.limit else None
        following = encode_cursor(fingerprint, end.at, last) if last else ""
        changes = tuple(_change(row) for row in shown)
        if place:
            refuse_pruned(connection, begin.at, "since")
            return JournalDiff(begin, end, changes, following)
        counted = connection.execute(_SQL["count_changes"], values).fetchall()
        times = {"since_at": begin.at, "until_at": end.at, "account": query.account_id}
        begun, more_begun = _count(connection, _SQL["begun"], times)
        ended, more_ended = _count(connection, _SQL["ended"], times)
        refuse_pruned(connection, begin.at, "since")
    advisories = tuple(Tally(kind, count) for kind, count in counted)
    return JournalDiff(begin, end, changes, following, advisories, begun, ended, more_begun or more_ended)


def _refuse_unknown(query: DiffQuery) -> None:
    refuse_page_size(query.limit)
    unknown = query.kinds - set(CHANGE_KINDS)
    if unknown:
        raise InvalidRequestError("kind", f"{min(unknown)!r} is none of {', '.join(CHANGE_KINDS)}")


def _load_boundary(connection: psycopg.Connection, asked: int | datetime | None, now: datetime) -> Boundary:
    if isinstance(asked, int):
        if asked == 0:
            return Boundary(0, _BEGINNING)
        row = connection.execute(_SQL["revision"], {"revision": asked}).fetchone() if 0 < asked < 2**31 else None
        if row is None:
            raise NotFoundError("revision", str(asked))
        return Boundary(*row)
    at = now if asked is None else min(asked, now)
    (newest,) = connection.execute(_SQL["newest_until"], {"at": at}).fetchall()
    return Boundary(newest[0], at)


def _place(after: str, fingerprint: str) -> tuple[int, int, int, datetime] | None:
    """Return revision and document that the page begins behind, and the end of the list; None for the first page."""
    if not after:
        return None
    end_at, key = decode_cursor(after, fingerprint)
    if len(key) == 3 and all(isinstance(one, int) and 0 <= one < 2**63 for one in key):
        return key[0], key[1], key[2], end_at
    raise foreign_cursor()


def _count(
    connection: psycopg.Connection, exposures: LiteralString, times: Mapping[str, object]
) -> tuple[tuple[Tally, ...], bool]:
    query = sql.SQL(_SQL["count_exposures"]).format(exposures=sql.SQL(exposures))
    rows = connection.execute(query, {**times, "most": MAX_EXPOSURES + 1}).fetchall()
    tallies = tuple(Tally(reason, count) for reason, count, _ in rows if count)
    return tallies, any(row[2] > MAX_EXPOSURES for row in rows)


def _change(row: Sequence[Any]) -> AdvisoryChange:
    revision, _, published_at, source, ecosystem, advisory, kind, names, summary = row
    return AdvisoryChange(revision, published_at, source, ecosystem, advisory, kind, tuple(names), summary)
