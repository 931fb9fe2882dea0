"""Windows below the account: what scopes set, and which of it each repository carries.

A repository carries the ids of the changes its windows come from, so that one join gives them to any number of images.
They are found by the pure rule (`windows.inherit`): when a repository becomes known, and when a change is applied, both
under the account's lock (`store.accounts`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from dogwatch.model.errors import NotFoundError
from dogwatch.model.monitoring import ActivityMode, Origin, RescanSetting, SettingStatus, Window, WindowOverride
from dogwatch.model.scopes import ACCOUNT_SCOPE, Scope
from dogwatch.store.accounts import setting_in_force
from dogwatch.store.queries import load_queries
from dogwatch.store.text import storable_identity
from dogwatch.windows import inherit

_SQL = load_queries("scopes")

IN_FORCE = (SettingStatus.SUCCESS,)
"""Changes that deadlines are computed by."""

TO_CHANGE = (SettingStatus.SUCCESS, SettingStatus.PENDING)
"""Changes that are applied or still will be."""

_Sources = tuple[int | None, int | None, int | None]


def find_registry_of(connection: psycopg.Connection, account_id: str, scope: Scope) -> int:
    """Return the id of the registry that a scope names.

    Raises:
        NotFoundError: the account watches none of that alias.
    """
    values = {"account": account_id, "alias": storable_identity(scope.registry)}
    row = connection.execute(_SQL["find_registry"], values).fetchone()
    if row is None:
        raise NotFoundError("registry", scope.registry)
    return int(row[0])


def save_override(
    connection: psycopg.Connection, account_id: str, registry_id: int, override: WindowOverride, *, wakes: bool = False
) -> None:
    """Record a change of a scope's windows; an older one of the same scope that waits is superseded."""
    values = {
        "account": account_id,
        "registry": registry_id,
        "pattern": override.scope.pattern,
        "push": override.push_window and str(override.push_window),
        "activity": override.activity_window and str(override.activity_window),
        "mode": override.activity_mode and str(override.activity_mode),
        "at": override.updated_at,
        "wakes": wakes,
    }
    row = connection.execute(_SQL["insert_override"], values).fetchone()
    assert row is not None  # INSERT … RETURNING
    connection.execute(_SQL["supersede_pending"], {**values, "setting": row[0]})


def load_overrides(
    connection: psycopg.Connection, account_id: str, statuses: Sequence[SettingStatus] = tuple(SettingStatus)
) -> dict[int, WindowOverride]:
    """Return the newest change of each scope among those of the statuses, by id; emptied ones too."""
    values = {"account": account_id, "statuses": [str(status) for status in statuses]}
    return {number: _override(row) for number, *row in connection.execute(_SQL["overrides"], values).fetchall()}


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A repository that carries other changes than its name asks for: those of push window, activity window, mode."""

    repository_id: int
    place: str
    stored: _Sources
    expected: _Sources


def place_repositories(connection: psycopg.Connection, account_id: str, ids: Iterable[int] | None = None) -> None:
    """Give repositories (None: all of the account) the windows that are in force for their names.

    Call it with the account's lock held; one of the account's changes in force takes its effect by nothing more.
    """
    changed = find_misplaced(connection, account_id, ids)
    if changed:
        columns = {
            "ids": [one.repository_id for one in changed],
            "push": [one.expected[0] for one in changed],
            "activity": [one.expected[1] for one in changed],
            "mode": [one.expected[2] for one in changed],
        }
        connection.execute(_SQL["save_origins"], columns)


def find_misplaced(
    connection: psycopg.Connection, account_id: str, ids: Iterable[int] | None = None
) -> tuple[Misplaced, ...]:
    """Return those of the repositories (None: all of the account) whose windows are not those in force for them."""
    overrides = load_overrides(connection, account_id, IN_FORCE)
    query, values = ("repositories", {"account": account_id}) if ids is None else ("some_repositories", {"ids": ids})
    if ids is not None and not overrides:
        return ()  # a new repository carries nothing yet
    account = setting_in_force(connection, account_id)
    numbers: dict[Scope, int | None] = {one.scope: number for number, one in overrides.items()}
    numbers[ACCOUNT_SCOPE] = None
    found = []
    for number, alias, name, push, activity, mode in connection.execute(_SQL[query], values).fetchall():
        origin = inherit(account, overrides.values(), Scope(alias, name)).origin
        sources = (numbers[origin.push], numbers[origin.activity], numbers[origin.mode])
        if sources != (push, activity, mode):
            found.append(Misplaced(number, f"{alias}/{name}", (push, activity, mode), sources))
    return tuple(found)


def load_repository_windows(connection: psycopg.Connection, ids: Iterable[int]) -> dict[int, RescanSetting]:
    """Return the windows in force for repositories, by id."""
    rows = connection.execute(_SQL["windows"], {"ids": list(ids)}).fetchall()
    return {number: _windows(row) for number, *row in rows}


def _override(row: Sequence[Any]) -> WindowOverride:
    alias, pattern, push, activity, mode, status, at = row
    return WindowOverride(
        Scope(alias, pattern),
        None if push is None else Window.parse(push),
        None if activity is None else Window.parse(activity),
        None if mode is None else ActivityMode(mode),
        SettingStatus(status),
        at,
    )


def _windows(row: Sequence[Any]) -> RescanSetting:
    alias, name, push, activity, mode, *patterns = row
    origin = Origin(*(ACCOUNT_SCOPE if pattern is None else Scope(alias, pattern) for pattern in patterns))
    windows = (Window.parse(push), Window.parse(activity))
    return RescanSetting(*windows, ActivityMode(mode), scope=Scope(alias, name), origin=origin)
