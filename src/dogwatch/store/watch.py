"""Windows at work on many images: expiry, changes of windows, and inventories that monitoring goes on with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import psycopg
from psycopg import sql

from dogwatch.model.errors import NotFoundError
from dogwatch.model.monitoring import SettingStatus
from dogwatch.store.accounts import own_account, share_accounts
from dogwatch.store.connection import Database
from dogwatch.store.queries import load_queries
from dogwatch.store.scopes import place_repositories
from dogwatch.store.text import storable
from dogwatch.windows import is_named

_SQL = load_queries("watch")
_ACCOUNTS = load_queries("accounts")
_MOVES = load_queries("moves")

WOKEN_BY_WINDOWS = "woken by the change of windows"
"""Why monitoring began, in the words of its interval."""

MADE_ANEW, BILLS_READ = "inventory made anew", "attached bills of materials read"
"""Why monitoring went on with another inventory."""


class WatchStore:
    """Implements `flow.ports.WatchStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def end_expired(self, now: datetime, limit: int) -> int:
        """End monitoring of images past their deadline, at the deadline; returns how many ended.

        Several sweeps at once share the work; an image that an event is moving at this moment is left to the next one.
        """
        with self._database.transaction() as connection:
            return _end_expired(connection, "due_anywhere", {"now": now, "limit": limit})

    def load_pending_settings(self) -> tuple[int, ...]:
        """Return the ids of window changes that are still PENDING, oldest first."""
        with self._database.transaction() as connection:
            return tuple(row[0] for row in connection.execute(_ACCOUNTS["pending_settings"]).fetchall())

    def apply_setting(self, setting_id: int, now: datetime) -> SettingStatus:
        """Compute every deadline of the account anew and end what is over. PENDING becomes SUCCESS.

        Nothing wakes, unless the change says so: then images of its scope that are inside and not watched are from now
        on, but for those that are deleted, were forgotten by hand, or are of repositories that are not scanned.

        Idempotent; a change that a newer one of its scope has overtaken becomes SUPERSEDED and changes nothing.

        Returns:
            How far the change has come afterwards.

        Raises:
            NotFoundError: no such change.
        """
        with self._database.transaction() as connection:
            account = connection.execute(_ACCOUNTS["setting_account"], {"setting": setting_id}).fetchone()
            if account is None:
                raise NotFoundError("rescan setting", str(setting_id))
            own_account(connection, account[0])
            row = connection.execute(_ACCOUNTS["lock_setting"], {"setting": setting_id}).fetchone()
            assert row is not None  # settings are never deleted
            status, registry_id, pattern, wakes, overtaken = SettingStatus(row[0]), *row[1:]
            if status is not SettingStatus.PENDING:
                return status
            outcome = SettingStatus.SUPERSEDED if overtaken else SettingStatus.SUCCESS
            values = {"setting": setting_id, "status": str(outcome), "now": now, "problem": ""}
            connection.execute(_ACCOUNTS["finish_setting"], values)
            if not overtaken:
                waking = _find_waking(connection, account[0], registry_id, pattern or "*") if wakes else []
                _apply(connection, account[0], now, waking)
            return outcome

    def fail_setting(self, setting_id: int, problem: str, now: datetime) -> None:
        """PENDING becomes FAILED, with the problem; the windows before stay in force."""
        values = {"setting": setting_id, "status": str(SettingStatus.FAILED), "now": now, "problem": storable(problem)}
        with self._database.transaction() as connection:
            connection.execute(_ACCOUNTS["finish_setting"], values)


def end_expired_of_account(connection: psycopg.Connection, account_id: str, now: datetime) -> None:
    """End what is past its deadline already, before what changes in the account ends it for another reason."""
    _end_expired(connection, "due_in_account", {"account": account_id, "now": now})


def begin_watching(connection: psycopg.Connection, image_ids: Sequence[int], reason: str, now: datetime) -> None:
    """Begin monitoring of images whose clocks say already that they are watched, all for one reason."""
    begun = {"ids": image_ids, "reasons": [reason] * len(image_ids), "now": now}
    connection.execute(_MOVES["begin"], begun)


def _end_expired(connection: psycopg.Connection, due: str, values: Mapping[str, object]) -> int:
    """End monitoring, at its deadline, of the images that one of the queries `due_…` finds; return how many."""
    query = sql.SQL(_SQL["end_expired"]).format(due=sql.SQL(_SQL[due]))
    return connection.execute(query, values).rowcount


def _find_waking(connection: psycopg.Connection, account_id: str, registry_id: int | None, pattern: str) -> list[int]:
    """Return the repositories that a scope names and in which a deed wakes images, by id."""
    values = {"account": account_id, "registry": registry_id}
    repositories = connection.execute(_SQL["repositories_to_wake"], values).fetchall()
    return [number for number, name in repositories if is_named(pattern, name)]


def _apply(connection: psycopg.Connection, account_id: str, now: datetime, waking: Sequence[int]) -> None:
    """What was over already ends at its own deadline; what by the windows now in force is over ends now.

    Of the repositories in `waking`, what is inside begins: what was never read is read as soon as a worker looks for
    what is pending.
    """
    values = {"account": account_id, "now": now, "waking": waking}
    end_expired_of_account(connection, account_id, now)
    place_repositories(connection, account_id)
    query = sql.SQL(_SQL["apply_setting"]).format(resting=sql.SQL(load_queries("what_if")["resting"]))
    woken = [row[0] for row in connection.execute(query, values).fetchall()]
    begin_watching(connection, woken, WOKEN_BY_WINDOWS, now)


def attach_inventory(
    connection: psycopg.Connection, chain_id: int, inventory_id: int, fingerprint: str, now: datetime
) -> None:
    """Give an inventory to a layer chain and its images; monitoring that is open goes on with it from now.

    Images with something beside their layers keep what they have, until that is put together with this inventory.
    What was known until now stays as it was: the open interval ends, and one with the inventory begins. A frozen image
    (scan on push) keeps its revision; its first inventory freezes it at the newest.
    """
    account = connection.execute(_SQL["account_of_chain"], {"chain": chain_id}).fetchone()
    if account is None:
        raise NotFoundError("layer chain", str(chain_id))
    share_accounts(connection, [account[0]])
    values = {"chain": chain_id, "inventory": inventory_id, "fingerprint": fingerprint, "now": now}
    connection.execute(_SQL["attach_to_chain"], values)
    images = [row[0] for row in connection.execute(_SQL["lock_clocks_of_chain"], values).fetchall()]
    connection.execute(_SQL["attach_to_images"], values)
    give_inventory(connection, images, inventory_id, MADE_ANEW, now)
    connection.execute(_SQL["ask_for_bills_anew"], values)


def give_inventory(
    connection: psycopg.Connection, images: Sequence[int], inventory_id: int, reason: str, now: datetime
) -> None:
    """Let the open monitoring of images, whose clocks the caller holds, go on with an inventory from now."""
    values = {"images": images, "inventory": inventory_id, "reason": reason, "now": now}
    _end_expired(connection, "due_of_images", values)
    connection.execute(_SQL["fill_beginning"], values)
    connection.execute(_SQL["go_on_with_inventory"], values)
