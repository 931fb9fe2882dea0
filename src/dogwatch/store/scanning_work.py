"""Changes of what is scanned at work: what new rules, or a switch, do to an account's images."""

from __future__ import annotations

from datetime import datetime

import psycopg
from psycopg.types.json import Jsonb

from dogwatch.model.monitoring import MonitoringEnd, ScanFrequency
from dogwatch.store.accounts import own_account
from dogwatch.store.connection import Database
from dogwatch.store.queries import load_queries
from dogwatch.store.scanning import InForce, Moved, configuration_of, load_in_force, place_frequencies
from dogwatch.store.text import storable
from dogwatch.store.watch import begin_watching, end_expired_of_account

_SQL = load_queries("scanning")

SWITCHED_ON = "scanning switched on"
"""Why monitoring of an image begins whose repository was not scanned."""


class ScanningWork:
    """Implements `flow.ports.ScanningWork`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load_pending(self) -> tuple[str, ...]:
        """Return the accounts with rules, or a switch, that wait."""
        with self._database.transaction() as connection:
            return tuple(row[0] for row in connection.execute(_SQL["pending"]).fetchall())

    def apply(self, account_id: str, now: datetime) -> None:
        """Let what waits take effect; one transaction, under the account's lock, and idempotent.

        1. What is not scanned any more ends now; what was over already ended at its own deadline.
        2. What is scanned again is watched where it is inside its windows, without waiting for an event.
        3. On push freezes the findings as they are now; continuous lets them follow again.

        What is asked for meanwhile waits for the next time.

        Raises:
            NotFoundError: no such account.
        """
        with self._database.transaction() as connection:
            own_account(connection, account_id)
            former = load_in_force(connection, account_id)
            wanted = connection.execute(_SQL["load"], {"account": account_id}).fetchone()
            switch = connection.execute(_SQL["switch"], {"account": account_id}).fetchone()
            assert switch is not None  # it was there a moment ago, and accounts stay
            waiting_rules, waiting_switch = None if wanted is None else wanted[2], switch[1]
            in_force = InForce(
                former.rules if waiting_rules is None else configuration_of(*waiting_rules),
                former.is_on if waiting_switch is None else waiting_switch == "ENABLING",
            )
            end_expired_of_account(connection, account_id, now)
            _move_images(connection, place_frequencies(connection, account_id, in_force), now)
            if waiting_rules is not None:
                scan_type, rules = waiting_rules
                values = {"scan_type": scan_type, "rules": Jsonb(rules), "wanted": Jsonb(waiting_rules)}
                connection.execute(_SQL["settle"], {"account": account_id, **values})
            if waiting_switch is not None:
                values = {"account": account_id, "on": in_force.is_on, "switch": waiting_switch}
                connection.execute(_SQL["settle_switch"], values)

    def fail(self, account_id: str, problem: str) -> None:
        """Let what waits wait no longer; what was in force before stays so."""
        values = {"account": account_id, "problem": storable(problem)}
        with self._database.transaction() as connection:
            connection.execute(_SQL["give_up"], values)
            connection.execute(_SQL["give_up_switch"], values)


def _move_images(connection: psycopg.Connection, moved: tuple[Moved, ...], now: datetime) -> None:
    stopped = [one for one in moved if one.former.is_scanned and not one.to.is_scanned]
    for to, reason in (
        (ScanFrequency.MANUAL, MonitoringEnd.SWITCHED_OFF),
        (ScanFrequency.OFF, MonitoringEnd.ACCOUNT_OFF),
    ):
        off = [one.repository_id for one in stopped if one.to is to]
        connection.execute(_SQL["switch_off"], {"ids": off, "now": now, "reason": str(reason)})
    between = [one.repository_id for one in moved if one.former.is_scanned and one.to.is_scanned]
    connection.execute(_SQL["change_freezing"], {"ids": between, "now": now})
    on = [one.repository_id for one in moved if not one.former.is_scanned and one.to.is_scanned]
    woken = [row[0] for row in connection.execute(_SQL["switch_on"], {"ids": on, "now": now}).fetchall()]
    begin_watching(connection, woken, SWITCHED_ON, now)
