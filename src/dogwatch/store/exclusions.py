"""Exclusion lists of accounts, and which entry an event that was just heard meets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg

from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.exclusions import MAX_EXCLUSIONS, Exclusion, ExclusionKind
from dogwatch.model.registries import RegistryEvent
from dogwatch.store.clock import ProductClock
from dogwatch.store.connection import Database
from dogwatch.store.queries import load_queries
from dogwatch.store.text import MAX_KEY, storable
from dogwatch.windows.exclusions import ExclusionList, read_pattern

_SQL = load_queries("exclusions")


class ExclusionStore:
    """Implements `serve.ports.Exclusions`."""

    def __init__(self, database: Database, clock: ProductClock) -> None:
        self._database = database
        self._clock = clock

    def list(self, account_id: str) -> tuple[Exclusion, ...]:
        """Return the account's list."""
        with self._database.transaction() as connection:
            return tuple(map(_exclusion, connection.execute(_SQL["list"], {"account": account_id}).fetchall()))

    def add(self, account_id: str, kind: ExclusionKind, pattern: str, reason: str, by: str) -> Exclusion:
        """Add an entry; it concerns events that are heard from now on.

        Raises:
            InvalidRequestError: a pattern that cannot be used or is there already, or a list that is full.
            NotFoundError: no such account.
        """
        kept = read_pattern(kind, pattern)
        values = {
            "account": account_id,
            "kind": str(kind),
            "pattern": kept,
            "reason": storable(reason.strip(), MAX_KEY),
            "by": storable(by, MAX_KEY),
        }
        with self._database.transaction() as connection:
            if connection.execute(_SQL["lock_account"], values).fetchone() is None:
                raise NotFoundError("account", account_id)
            known = list(map(_exclusion, connection.execute(_SQL["list"], values).fetchall()))
            if any((one.kind, one.pattern) == (kind, kept) for one in known):
                raise InvalidRequestError("pattern", f"{kept} is on the list already")
            if len(known) >= MAX_EXCLUSIONS:
                raise InvalidRequestError("exclusions", f"an account has at most {MAX_EXCLUSIONS}")
            row = connection.execute(_SQL["add"], {**values, "now": self._clock.now()}).fetchone()
            assert row is not None  # INSERT … RETURNING
            return _exclusion(row)

    def remove(self, account_id: str, exclusion_id: int, by: str) -> None:
        """End an entry; events that were heard before stay as they are.

        Raises:
            NotFoundError: no such entry.
        """
        values = {"account": account_id, "id": exclusion_id, "by": storable(by, MAX_KEY), "now": self._clock.now()}
        with self._database.transaction() as connection:
            if connection.execute(_SQL["remove"], values).rowcount == 0:
                raise NotFoundError("exclusion", str(exclusion_id))


def find_exclusions(
    connection: psycopg.Connection, heard: Sequence[tuple[int, datetime, RegistryEvent]]
) -> list[int | None]:
    """Return for each (registry id, received at, event) the id of the entry that was on the list when it was heard."""
    if not heard:
        return []
    values = {"registries": sorted({one[0] for one in heard}), "since": min(one[1] for one in heard)}
    entries: dict[int, list[tuple[Exclusion, datetime | None]]] = defaultdict(list)
    for registry_id, removed_at, *row in connection.execute(_SQL["of_registries"], values).fetchall():
        entries[registry_id].append((_exclusion(row), removed_at))
    if not entries:
        return [None] * len(heard)
    lists: dict[tuple[int, datetime], ExclusionList] = {}
    found: list[int | None] = []
    for registry_id, at, event in heard:
        if (registry_id, at) not in lists:
            valid = [one for one, end in entries[registry_id] if one.added_at <= at and (end is None or at < end)]
            lists[registry_id, at] = ExclusionList.of(valid)
        entry = lists[registry_id, at].find(event.actor, event.user_agent, event.client_address)
        found.append(None if entry is None else entry.id)
    return found


def _exclusion(row: Sequence[Any]) -> Exclusion:
    exclusion_id, kind, *rest = row
    return Exclusion(exclusion_id, ExclusionKind(kind), *rest)
