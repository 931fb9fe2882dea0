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
from dogwatch.windows.exclusions import ExclusionList, read_address, read_pattern

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
    lists = {registry_id: _Lists(several, [one[1] for one in heard]) for registry_id, several in entries.items()}
    return [lists[registry_id].find(at, event) if registry_id in lists else None for registry_id, at, event in heard]


class _Lists:
    """One account's list as it was at each of some moments; what few events have in common is looked up once."""

    def __init__(self, entries: Sequence[tuple[Exclusion, datetime | None]], moments: Sequence[datetime]) -> None:
        first, last = min(moments), max(moments)
        self._entries = entries
        self._always = tuple(one for one, end in entries if one.added_at <= first and (end is None or last < end))
        self._lists: dict[tuple[int, ...], ExclusionList] = {}
        self._found: dict[tuple[object, ...], int | None] = {}

    def find(self, at: datetime, event: RegistryEvent) -> int | None:
        """Return the id of the entry that an event meets which was heard at that moment."""
        valid = self._valid(at)
        ids = tuple(one.id for one in valid)
        key = (ids, event.actor, event.user_agent, read_address(event.client_address))
        if key not in self._found:
            if ids not in self._lists:
                self._lists[ids] = ExclusionList.of(valid)
            entry = self._lists[ids].find(event.actor, event.user_agent, event.client_address)
            self._found[key] = None if entry is None else entry.id
        return self._found[key]

    def _valid(self, at: datetime) -> tuple[Exclusion, ...]:
        if len(self._always) == len(self._entries):
            return self._always
        return tuple(one for one, end in self._entries if one.added_at <= at and (end is None or at < end))


def _exclusion(row: Sequence[Any]) -> Exclusion:
    exclusion_id, kind, *rest = row
    return Exclusion(exclusion_id, ExclusionKind(kind), *rest)
