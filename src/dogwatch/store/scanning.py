"""Which repositories are scanned, and how often: the rules of an account, as asked for and as in force.

What a change does to images is done by a job (`store.scanning_work`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from dogwatch.model.accounts import AccountState, AccountStatus
from dogwatch.model.errors import NotFoundError
from dogwatch.model.monitoring import ScanFrequency, SettingStatus
from dogwatch.model.scanning import ScanningConfiguration, ScanningRule, ScanType
from dogwatch.store.clock import ProductClock
from dogwatch.store.connection import Database
from dogwatch.store.queries import load_queries
from dogwatch.windows.scanning import check_scanning, frequency_of

_SQL = load_queries("scanning")


class ScanningStore:
    """Implements `serve.ports.Scanning`."""

    def __init__(self, database: Database, clock: ProductClock) -> None:
        self._database = database
        self._clock = clock

    def load(self, account_id: str) -> ScanningConfiguration:
        """Return the account's newest rules, PENDING included, or the default."""
        with self._database.transaction() as connection:
            row = connection.execute(_SQL["load"], {"account": account_id}).fetchone()
        if row is None:
            return ScanningConfiguration()
        scan_type, rules, wanted, problem = row
        if wanted is not None:
            return replace(configuration_of(*wanted), status=SettingStatus.PENDING)
        status = SettingStatus.FAILED if problem else SettingStatus.SUCCESS
        return replace(configuration_of(scan_type, rules), status=status)

    def change(self, account_id: str, wanted: ScanningConfiguration) -> ScanningConfiguration:
        """Ask for other rules: readable at once as PENDING, in force when a job has applied them.

        Raises:
            InvalidRequestError: what ECR would refuse; `field` names the place.
            NotFoundError: no such account.
        """
        check_scanning(wanted)
        rules = [[str(rule.frequency), list(rule.filters)] for rule in wanted.rules]
        content = Jsonb([str(wanted.scan_type), rules])
        values = {"account": account_id, "wanted": content, "now": self._clock.now()}
        with self._database.transaction() as connection:
            if connection.execute(_SQL["is_account"], values).fetchone() is None:
                raise NotFoundError("account", account_id)
            connection.execute(_SQL["save"], values)
        return replace(wanted, status=SettingStatus.PENDING)


class AccountSwitches:
    """Implements `serve.ports.AccountSwitches`."""

    def __init__(self, database: Database, clock: ProductClock) -> None:
        self._database = database
        self._clock = clock

    def status(self, account_id: str) -> AccountStatus:
        """Return whether the account's images are scanned.

        Raises:
            NotFoundError: no such account.
        """
        with self._database.transaction() as connection:
            row = connection.execute(_SQL["switch"], {"account": account_id}).fetchone()
        return _status(account_id, row)

    def switch(self, account_id: str, *, is_on: bool) -> AccountStatus:
        """Ask for the account to be switched on or off; a newer word supersedes one that waits.

        Raises:
            NotFoundError: no such account.
        """
        values = {"account": account_id, "on": is_on, "now": self._clock.now()}
        with self._database.transaction() as connection:
            row = connection.execute(_SQL["save_switch"], values).fetchone()
        return _status(account_id, row)


def _status(account_id: str, row: tuple[Any, ...] | None) -> AccountStatus:
    if row is None:
        raise NotFoundError("account", account_id)
    is_scanned, switch, at, problem = row
    settled = AccountState.ENABLED if is_scanned else AccountState.DISABLED
    return AccountStatus(account_id, AccountState(switch or settled), at, problem)


@dataclass(frozen=True, slots=True)
class InForce:
    """What repositories' frequencies follow from: the account's rules, and whether it is switched on."""

    rules: ScanningConfiguration
    is_on: bool

    def frequency_of(self, name: str) -> ScanFrequency:
        """Return how often a repository is scanned."""
        return frequency_of(self.rules, name)[0] if self.is_on else ScanFrequency.OFF


def load_in_force(connection: psycopg.Connection, account_id: str) -> InForce:
    """Return what is applied; what waits does not count.

    Raises:
        NotFoundError: no such account.
    """
    values = {"account": account_id}
    row = connection.execute(_SQL["load"], values).fetchone()
    switch = connection.execute(_SQL["switch"], values).fetchone()
    if switch is None:
        raise NotFoundError("account", account_id)
    return InForce(ScanningConfiguration() if row is None else configuration_of(row[0], row[1]), switch[0])


def configuration_of(scan_type: str, rules: list[tuple[str, list[str]]]) -> ScanningConfiguration:
    """Return rules from how they are stored."""
    kept = tuple(ScanningRule(ScanFrequency(frequency), tuple(filters)) for frequency, filters in rules)
    return ScanningConfiguration(ScanType(scan_type), kept)


@dataclass(frozen=True, slots=True)
class Moved:
    """A repository that carries another scan frequency than is in force for it."""

    repository_id: int
    name: str
    former: ScanFrequency
    to: ScanFrequency


def place_frequencies(
    connection: psycopg.Connection, account_id: str, in_force: InForce, ids: Iterable[int] | None = None
) -> tuple[Moved, ...]:
    """Give repositories (None: all of the account) the frequency that is in force for them, the lock held.

    Returns:
        Those whose frequency changed.
    """
    moved = find_moved(connection, account_id, in_force, ids)
    columns = {"ids": [one.repository_id for one in moved], "frequencies": [str(one.to) for one in moved]}
    connection.execute(_SQL["save_frequencies"], columns)
    return moved


def find_moved(
    connection: psycopg.Connection, account_id: str, in_force: InForce, ids: Iterable[int] | None = None
) -> tuple[Moved, ...]:
    """Return those of the repositories (None: all of the account) that carry another frequency than is in force."""
    query, values = ("repositories", {"account": account_id}) if ids is None else ("some_repositories", {"ids": ids})
    return tuple(
        Moved(number, name, ScanFrequency(former), to)
        for number, name, former in connection.execute(_SQL[query], values).fetchall()
        if (to := in_force.frequency_of(name)) != former
    )
