"""Repositories: known once something in them was heard of; locked while their tags and manifests settle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import psycopg

from dogwatch.store.hearing import RepositoryNews
from dogwatch.store.queries import load_queries

_SQL = load_queries("repositories")


def ensure_repository(connection: psycopg.Connection, registry_id: int, name: str) -> int | None:
    """Return the id of a repository, making it known; None where the registry is removed or unknown."""
    columns = {"registries": [registry_id], "names": [name]}
    connection.execute(_SQL["insert"], columns)
    row = connection.execute(_SQL["find"], columns).fetchone()
    return None if row is None else int(row[2])


def find_repositories(connection: psycopg.Connection, news: Sequence[RepositoryNews]) -> dict[tuple[int, str], int]:
    """Return ids by (registry id, name), making those known in which something is; removed registries have none."""
    fresh = [one for one in news if one.exists]
    connection.execute(
        _SQL["insert"], {"registries": [one.registry_id for one in fresh], "names": [one.name for one in fresh]}
    )
    columns = {"registries": [one.registry_id for one in news], "names": [one.name for one in news]}
    rows = connection.execute(_SQL["find"], columns).fetchall()
    return {(registry_id, name): repository_id for registry_id, name, repository_id in rows}


def lock_repositories(connection: psycopg.Connection, ids: Iterable[int], *, alone: bool) -> None:
    """Hold repositories, so that a manifest is not made known while an event finds it unknown; always in one order.

    Who moves tags or makes manifests known is alone; pulls share.
    """
    query = _SQL["own"] if alone else _SQL["share"]
    connection.execute(query, {"ids": sorted(set(ids))})
