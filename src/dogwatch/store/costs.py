"""Scans as the original bills them: counted day by day from what is stored, read by month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import psycopg

from dogwatch.model.costs import (
    LEAST_DAYS,
    RECENT_DAYS,
    AccountScans,
    Costs,
    MonthOfScans,
    PriceTable,
    RescanRate,
    Scans,
)
from dogwatch.model.monitoring import MonitoringEnd
from dogwatch.store.clock import ProductClock
from dogwatch.store.connection import Database, give_memory
from dogwatch.store.queries import load_queries
from dogwatch.store.watch import BILLS_READ, MADE_ANEW

_SQL = load_queries("costs")

_ONE_DAY = timedelta(days=1)
_WINDOW_ENDS = [str(MonitoringEnd.EXPIRED), str(MonitoringEnd.WINDOWS_CHANGED), str(MonitoringEnd.RELEASED)]
_INNER_REASONS = [MADE_ANEW, BILLS_READ, str(MonitoringEnd.FREQUENCY_CHANGED)]


class ScanCounts:
    """Counts scans. Implements `flow.ports.ScanCounts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count_day(self, until: datetime) -> bool:
        """Count the oldest day that is not counted to its end; numbers and mark are one transaction.

        The day is counted whole from monitoring and the journal and replaces what was counted of it, so that a count
        that comes again or was broken off neither doubles nor loses anything.

        Args:
            until: nothing at or after this moment is counted yet.

        Returns:
            Whether there is more to count.
        """
        with self._database.transaction() as connection:
            row = connection.execute(_SQL["lock_mark"]).fetchone()
            assert row is not None  # the migration made it
            mark = row[0] or row[1] or until
            start = datetime.combine(mark.astimezone(UTC).date(), time(), UTC)
            end = min(start + _ONE_DAY, until)
            if row[0] is not None and row[0] >= end:
                return False
            give_memory(connection)
            is_recent = until - end <= RECENT_DAYS * _ONE_DAY
            values = {"day": start.date(), "start": start, "end": end, "is_recent": is_recent}
            connection.execute(_SQL["forget_day"], values)
            reasons = {"window_ends": _WINDOW_ENDS, "inner_reasons": _INNER_REASONS}
            connection.execute(_SQL["count_day"], {**values, **reasons})
            connection.execute(_SQL["save_mark"], values)
            return end < until


class CostStore:
    """Reads what was counted, with prices. Implements `serve.ports.CostViews`."""

    def __init__(self, database: Database, clock: ProductClock, prices: PriceTable) -> None:
        self._database = database
        self._clock = clock
        self._prices = prices

    @property
    def prices(self) -> PriceTable:
        """What a scan costs."""
        return self._prices

    def load(self, account_id: str) -> Costs:
        """Return an account's scans by registry and month, the newest month first."""
        values = {"account": account_id}
        with self._database.transaction() as connection:
            until = connection.execute(_SQL["counted_until"]).fetchone()
            never = connection.execute(_SQL["never_scanned"], values).fetchone()
            rows = connection.execute(_SQL["months"], values).fetchall()
            rate = load_rate(connection, account_id, self._clock.now())
        assert until is not None  # the migration made it
        assert never is not None  # a count
        months = tuple(
            MonthOfScans(alias, month, Scans(initial, rescans), Scans(initial, without))
            for alias, month, initial, rescans, without in rows
        )
        return Costs(self._prices, until[0], never[0], months, rate)

    def load_recent(self, account_ids: Sequence[str]) -> tuple[AccountScans, ...]:
        """Return the scans of accounts in the last RECENT_DAYS days, today among them; only of those that there are."""
        values = {"accounts": list(account_ids), "day": _first_recent_day(self._clock.now())}
        with self._database.transaction() as connection:
            rows = connection.execute(_SQL["since"], values).fetchall()
        return tuple(AccountScans(account, Scans(initial, rescans)) for account, initial, rescans in rows)


def load_rate(connection: psycopg.Connection, account_id: str, now: datetime) -> RescanRate:
    """Return how often advisories asked for a re-scan of an account's images lately."""
    values = {"account": account_id, "day": _first_recent_day(now), "least_days": LEAST_DAYS}
    row = connection.execute(_SQL["rate"], values).fetchone()
    return RescanRate(*row) if row else RescanRate()


def _first_recent_day(now: datetime) -> date:
    return now.date() - (RECENT_DAYS - 1) * _ONE_DAY
