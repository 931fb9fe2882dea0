"""Repositories: known once something in them was heard of; locked while their tags and manifests settle.

They are made known with the account's lock held or shared (`store.accounts`), for they carry windows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import psycopg

from dogwatch.store.accounts import share_accounts
from dogwatch.store.hearing import RepositoryNews
from dogwatch.store.queries import load_queries
from dogwatch.store.scanning import load_in_force, place_frequencies
from dogwatch.store.scopes import place_repositories

_SQL = load_queries("repositories")


def ensure_repository(connection: psycopg.Connection, registry_id: int, name: str) -> tuple[str, int] | None:
    """Return account and id of a repository, making it known; the account is shared until the transaction ends.

    None where the registry is removed or unknown.
    """
    owner = connection.execute(_SQL["account_of"], {"registry": registry_id}).fetchone()
    if owner is None:
        return None
    share_accounts(connection, [owner[0]])
    columns: dict[str, list[object]] = {"registries": [registry_id], "names": [name]}
    _insert(connection, columns)
    found = connection.execute(_SQL["find"], columns).fetchone()
    return None if found is None else (owner[0], int(found[2]))


def find_repositories(connection: psycopg.Connection, news: Sequence[RepositoryNews]) -> dict[tuple[int, str], int]:
    """Return ids by (registry id, name), making those known in which something is; removed registries have none."""
    fresh = [one for one in news if one.exists]
    _insert(connection, {"registries": [one.registry_id for one in fresh], "names": [one.name for one in fresh]})
    columns = {"registries": [one.registry_id for one in news], "names": [one.name for one in news]}
    rows = connection.execute(_SQL["find"], columns).fetchall()
    return {(registry_id, name): repository_id for registry_id, name, repository_id in rows}


def _insert(connection: psycopg.Connection, columns: Mapping[str, Sequence[object]]) -> None:
    """Make repositories known, with the windows and the scan frequency in force for their names."""
    made: dict[str, list[int]] = {}
    for account_id, repository_id in connection.execute(_SQL["insert"], columns).fetchall():
        made.setdefault(account_id, []).append(repository_id)
    for account_id, ids in made.items():
        place_repositories(connection, account_id, ids)
        place_frequencies(connection, account_id, load_in_force(connection, account_id), ids)


def lock_repositories(connection: psycopg.Connection, ids: Iterable[int], *, alone: bool) -> None:
    """Hold repositories, so that a manifest is not made known while an event finds it unknown; always in one order.

    Who moves tags or makes manifests known is alone; pulls share.
    """
    query = _SQL["own"] if alone else _SQL["share"]
    connection.execute(query, {"ids": sorted(set(ids))})
