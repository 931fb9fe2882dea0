"""Accounts: making them, the windows in force, and the locks that keep windows and deadlines in step.

Deadlines are computed under the account's lock: events take it shared, a change of windows and the removal of a
registry take it alone. Order, so that nobody waits in a circle: account, repository, layer chain, clocks (by image id);
rows of `monitoring` are only touched while the image's row in `clocks` is held.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

import psycopg

from dogwatch.model.errors import ConflictError, InvalidRequestError, NotFoundError
from dogwatch.model.monitoring import ActivityMode, RescanSetting, SettingStatus, Window
from dogwatch.store.queries import load_queries
from dogwatch.windows import default_setting

_SQL = load_queries("accounts")
_ID = re.compile(r"[0-9]{12}")

# Locks have one 64-bit key: what is locked in the upper 24 bits, whose in the lower 40 (an account id has 12 digits).
_WINDOWS = 0x646F68 << 40
_REQUEST = 0x646F69 << 40


def ensure_account(connection: psycopg.Connection, account_id: str, activated_at: datetime) -> None:
    """Make the account with its default windows; does nothing where it exists.

    Raises:
        InvalidRequestError: the id is not twelve digits.
    """
    if not _ID.fullmatch(account_id):
        raise InvalidRequestError("account", f"{account_id!r} is not twelve digits")
    values = {"account": account_id, "activated_at": activated_at}
    if connection.execute(_SQL["insert_account"], values).rowcount:
        save_setting(connection, account_id, default_setting(activated_at))


def share_accounts(connection: psycopg.Connection, account_ids: Iterable[str]) -> None:
    """Hold off changes of these accounts' windows until the transaction ends."""
    for account_id in sorted(set(account_ids)):
        connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", (_WINDOWS | int(account_id),))


def own_account(connection: psycopg.Connection, account_id: str) -> None:
    """Wait until nobody computes deadlines of this account, and hold them off until the transaction ends."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_WINDOWS | int(account_id),))


def claim_request(connection: psycopg.Connection, account_id: str) -> None:
    """Let one change of windows be asked for at a time.

    Raises:
        ConflictError: another one is being asked for at this very moment.
    """
    row = connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (_REQUEST | int(account_id),)).fetchone()
    if row != (True,):
        raise ConflictError("rescan setting", f"another change of account {account_id} is being saved at this moment")


def save_setting(
    connection: psycopg.Connection, account_id: str, setting: RescanSetting, *, wakes: bool = False
) -> int:
    """Record a change of windows, and whether it wakes images; returns its id."""
    row = connection.execute(
        _SQL["insert_setting"],
        {
            "account": account_id,
            "push": str(setting.push_window),
            "activity": str(setting.activity_window),
            "mode": str(setting.activity_mode),
            "status": str(setting.status),
            "at": setting.updated_at,
            "inherited_from": setting.inherited_from or None,
            "wakes": wakes,
        },
    ).fetchone()
    assert row is not None  # INSERT … RETURNING
    return int(row[0])


def setting_in_force(connection: psycopg.Connection, account_id: str) -> RescanSetting:
    """Return the newest change that was applied."""
    return _one_setting(connection, "setting_in_force", account_id)


def setting_to_change(connection: psycopg.Connection, account_id: str) -> RescanSetting:
    """Return what a partial change starts from: the newest change that is applied or still will be."""
    return _one_setting(connection, "setting_to_change", account_id)


def newest_setting(connection: psycopg.Connection, account_id: str) -> RescanSetting:
    """Return the newest change, however far it has come."""
    return _one_setting(connection, "newest_setting", account_id)


def _one_setting(connection: psycopg.Connection, query: str, account_id: str) -> RescanSetting:
    row = connection.execute(_SQL[query], {"account": account_id}).fetchone()
    if row is None:
        raise NotFoundError("account", account_id)
    return setting_of(row)


def find_inheriting(connection: psycopg.Connection, account_id: str) -> tuple[str, ...]:
    """Return the accounts whose windows are those of this one, by id."""
    return tuple(row[0] for row in connection.execute(_SQL["inheriting"], {"account": account_id}).fetchall())


def setting_of(row: tuple[str, str, str, str, datetime | None, str]) -> RescanSetting:
    """Turn (push, activity, mode, status, at, inherited from) into a setting."""
    push, activity, mode, status, at, inherited_from = row
    windows = (Window.parse(push), Window.parse(activity), ActivityMode(mode))
    return RescanSetting(*windows, SettingStatus(status), at, inherited_from=inherited_from)
