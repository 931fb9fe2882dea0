"""The journal is not kept for ever: what no question at or after a horizon can rest on is deleted.

First the horizon is raised and committed, then rows go, a short transaction at a time, oldest first; so whoever sees
that something is gone sees the horizon too. It may be cut short at any moment and done again. What is in force is never
touched, so publications go on beside it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.times import write_rfc3339
from dogwatch.store.connection import Database
from dogwatch.store.locks import own_vulnerabilities
from dogwatch.store.queries import load_queries

_SQL = load_queries("pruning")

CLOSED_SHOWN = timedelta(days=30)
"""So long a closed finding is listed, at the horizon as well; `findings.sql` says the same."""

_ROWS_PER_TRANSACTION = 1_000
"""New packages wait while so many exposures go: a tenth of a second or two, with one flaw on 50,000 packages too."""

_BEGINNING = datetime(1, 1, 2, tzinfo=UTC)


class JournalPruning:
    """Implements `flow.ports.JournalPruning`."""

    def __init__(self, database: Database, rows_per_transaction: int = _ROWS_PER_TRANSACTION) -> None:
        self._database = database
        self._rows = rows_per_transaction

    def prune(self, horizon: datetime) -> None:
        """Delete what no answer as of `horizon` or later rests on; questions before it are refused from now on.

        1. Ranges that had ended by then, with their matches.
        2. Documents that had been replaced by then.
        3. Exposures that had ended so long before that no list shows them, and that no later one continues.
        """
        with self._database.transaction() as connection:
            row = connection.execute(_SQL["last_revision"], {"horizon": horizon}).fetchone()
            assert row is not None  # a SELECT without a FROM clause returns its row
            revision, documents_revision = row
            if revision == 0:
                return
            connection.execute(_SQL["raise_horizon"], {"horizon": horizon})
        self._delete_ranges(revision)
        self._delete_documents(revision, documents_revision)
        while self._delete_exposures(horizon - CLOSED_SHOWN):
            pass  # what rested on those that went may go as well
        self._delete_unaffected(horizon)

    def _delete_ranges(self, revision: int) -> None:
        after: tuple[int, int, int] | None = (0, 0, 0)
        while after is not None:
            place = dict(zip(("after_rev", "after_advisory", "after"), after, strict=True))
            with self._database.transaction() as connection:
                values = {"revision": revision, "limit": self._rows, **place}
                after = connection.execute(_SQL["delete_ranges"], values).fetchone()

    def _delete_documents(self, revision: int, done_revision: int) -> None:
        after: tuple[int, int] | None = (done_revision + 1, 0)
        while after is not None:
            with self._database.transaction() as connection:
                values = {"revision": revision, "after_rev": after[0], "after": after[1], "limit": self._rows}
                after = connection.execute(_SQL["delete_documents"], values).fetchone()
        with self._database.transaction() as connection:
            connection.execute(_SQL["documents_pruned"], {"revision": max(revision, done_revision)})

    def _delete_exposures(self, before: datetime) -> int:
        """Walk once through what ended; returns how many went."""
        gone, after_at, after = 0, _BEGINNING, 0
        while True:
            with self._database.transaction() as connection:
                # A package set that arrives meets closed exposures too; what is deleted beside it would leave its half.
                own_vulnerabilities(connection)
                values = {"before": before, "after_at": after_at, "after": after, "limit": self._rows}
                row = connection.execute(_SQL["delete_exposures"], values).fetchone()
            assert row is not None  # see the query's last join
            gone += int(row[0])
            if row[2] is None:
                return gone
            after_at, after = row[1], row[2]

    def _delete_unaffected(self, before: datetime) -> None:
        deleted = self._rows
        while deleted == self._rows:
            with self._database.transaction() as connection:
                values = {"before": before, "limit": self._rows}
                deleted = connection.execute(_SQL["delete_unaffected"], values).rowcount


def refuse_pruned(connection: psycopg.Connection, at: datetime, field: str = "as_of") -> None:
    """Refuse a question about a moment of which not everything is there any more. Call it after everything was read.

    The horizon is committed before anything goes, so who asks for it last has missed nothing.

    Args:
        connection: of the transaction that read, which sees what is committed.
        at: the earliest moment that was asked about.
        field: where the caller gave it.

    Raises:
        InvalidRequestError: with the moment from which on questions are answered.
    """
    row = connection.execute(_SQL["horizon"]).fetchone()
    if row is not None and at < row[0]:
        raise InvalidRequestError(field, f"nothing is kept from before {write_rfc3339(row[0])} (DOGWATCH_HISTORY_DAYS)")
