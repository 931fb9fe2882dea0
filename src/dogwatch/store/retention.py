"""What is not kept for ever: raw notices that were read, and pulls that later pulls outdo."""

from __future__ import annotations

from datetime import datetime

from dogwatch.store.connection import Database
from dogwatch.store.queries import load_queries

_SQL = load_queries("retention")

_ROWS_PER_TRANSACTION = 10_000
"""Some tens of milliseconds of work: locks are held no longer, and a crash costs one step."""


class RetentionStore:
    """Implements `flow.ports.RetentionStore`."""

    def __init__(self, database: Database, rows_per_transaction: int = _ROWS_PER_TRANSACTION) -> None:
        self._database = database
        self._rows = rows_per_transaction

    def delete_notices(self, received_before: datetime) -> None:
        """Delete notices that were read and came before a moment; what nobody has read stays."""
        self._walk("delete_notices", received_before)

    def delete_pulls(self, received_before: datetime) -> None:
        """Delete pulls that came before a moment, were taken in, and are outdone by a later pull of the same manifest.

        No clock can tell the difference, not even that of an image that becomes known later.
        """
        self._walk("delete_pulls", received_before)

    def _walk(self, query: str, before: datetime) -> None:
        """Look at the table from its oldest row on, a transaction at a time, until rows are young."""
        after: int | None = 0
        while after is not None:
            with self._database.transaction() as connection:
                values = {"after": after, "limit": self._rows, "before": before}
                row = connection.execute(_SQL[query], values).fetchone()
            after = None if row is None else row[0]
