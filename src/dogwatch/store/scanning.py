"""Scanning configurations at work: how often each repository is scanned, and what a change does to its images."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import psycopg
from psycopg.types.json import Jsonb

from dogwatch.model.errors import NotFoundError
from dogwatch.model.monitoring import ScanFrequency
from dogwatch.model.scanning import ScanningConfiguration, ScanningRule, ScanType
from dogwatch.store.accounts import own_account
from dogwatch.store.clock import ProductClock
from dogwatch.store.connection import Database
from dogwatch.store.queries import load_queries
from dogwatch.windows.scanning import check_scanning, frequency_of

_SQL = load_queries("scanning")
_WATCH = load_queries("watch")
_MOVES = load_queries("moves")

SWITCHED_ON = "scanning switched on"
"""Why monitoring of an image begins whose repository was not scanned."""


class ScanningStore:
    """Implements `serve.ports.Scanning`."""

    def __init__(self, database: Database, clock: ProductClock) -> None:
        self._database = database
        self._clock = clock

    def load(self, account_id: str) -> ScanningConfiguration:
        """Return the account's rules, or the default."""
        with self._database.transaction() as connection:
            return load_scanning(connection, account_id)

    def change(self, account_id: str, wanted: ScanningConfiguration) -> ScanningConfiguration:
        """Keep the rules and let them take effect at once; one transaction, under the account's lock.

        1. What is not scanned any more ends now; what was over already ended at its own deadline.
        2. What is scanned again is watched where it is inside its windows, without waiting for an event.
        3. On push freezes the findings as they are now; continuous lets them follow again.

        Raises:
            InvalidRequestError: what ECR would refuse; `field` names the place.
            NotFoundError: no such account.
        """
        check_scanning(wanted)
        now = self._clock.now()
        rules = [[str(rule.frequency), list(rule.filters)] for rule in wanted.rules]
        values = {"account": account_id, "scan_type": str(wanted.scan_type), "rules": Jsonb(rules), "now": now}
        with self._database.transaction() as connection:
            if connection.execute(_SQL["is_account"], values).fetchone() is None:
                raise NotFoundError("account", account_id)
            own_account(connection, account_id)
            connection.execute(_SQL["save"], values)
            connection.execute(_WATCH["end_expired_of_account"], values)
            moved = place_frequencies(connection, account_id)
            off = [one.repository_id for one in moved if one.to is ScanFrequency.MANUAL]
            connection.execute(_SQL["switch_off"], {"ids": off, "now": now})
            between = [one.repository_id for one in moved if ScanFrequency.MANUAL not in (one.former, one.to)]
            connection.execute(_SQL["change_freezing"], {"ids": between, "now": now})
            on = [one.repository_id for one in moved if one.former is ScanFrequency.MANUAL]
            woken = [row[0] for row in connection.execute(_SQL["switch_on"], {"ids": on, "now": now}).fetchall()]
            begun = {"ids": woken, "reasons": [SWITCHED_ON] * len(woken), "now": now}
            connection.execute(_MOVES["begin"], begun)
        return wanted


def load_scanning(connection: psycopg.Connection, account_id: str) -> ScanningConfiguration:
    """Return an account's rules, or the default."""
    row = connection.execute(_SQL["load"], {"account": account_id}).fetchone()
    if row is None:
        return ScanningConfiguration()
    rules = tuple(ScanningRule(ScanFrequency(frequency), tuple(filters)) for frequency, filters in row[1])
    return ScanningConfiguration(ScanType(row[0]), rules)


@dataclass(frozen=True, slots=True)
class Moved:
    """A repository that carries another scan frequency than the rules give it."""

    repository_id: int
    name: str
    former: ScanFrequency
    to: ScanFrequency


def place_frequencies(
    connection: psycopg.Connection, account_id: str, ids: Iterable[int] | None = None
) -> tuple[Moved, ...]:
    """Give repositories (None: all of the account) the frequency of the rules that name them, the lock held.

    Returns:
        Those whose frequency changed.
    """
    moved = find_moved(connection, account_id, ids)
    columns = {"ids": [one.repository_id for one in moved], "frequencies": [str(one.to) for one in moved]}
    connection.execute(_SQL["save_frequencies"], columns)
    return moved


def find_moved(connection: psycopg.Connection, account_id: str, ids: Iterable[int] | None = None) -> tuple[Moved, ...]:
    """Return those of the repositories (None: all of the account) that carry another frequency than their rules'."""
    configuration = load_scanning(connection, account_id)
    query, values = ("repositories", {"account": account_id}) if ids is None else ("some_repositories", {"ids": ids})
    if ids is not None and configuration == ScanningConfiguration():
        return ()  # a new repository is scanned continuously
    return tuple(
        Moved(number, name, ScanFrequency(former), to)
        for number, name, former in connection.execute(_SQL[query], values).fetchall()
        if (to := frequency_of(configuration, name)[0]) != former
    )
