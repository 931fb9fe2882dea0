"""Notices and events as heard: stored first, understood after, each once. What they do is `store.events`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import psycopg

from dogwatch.model.registries import EventKind, EventOrigin, Notice, RegistryEvent
from dogwatch.model.registries import NoticeReading as NoticeReading
from dogwatch.store.exclusions import find_exclusions
from dogwatch.store.queries import load_queries
from dogwatch.store.text import is_storable_key, storable, storable_identity

_SQL = load_queries("notices")


def load_notices(connection: psycopg.Connection, limit: int) -> tuple[Notice, ...]:
    """Return the oldest unread notices."""
    return tuple(Notice(*row) for row in connection.execute(_SQL["unread"], {"limit": limit}).fetchall())


def save_readings(connection: psycopg.Connection, readings: Sequence[NoticeReading]) -> int:
    """Save the events of notices and mark these as read; returns how many events were new.

    The notices are on disk already: if this is lost in a crash they are unread again, and reading them twice changes
    nothing. So nobody waits for the disk here.
    """
    connection.execute("SET LOCAL synchronous_commit = off")
    columns = {
        "ids": [reading.notice_id for reading in readings],
        "problems": [storable(_join(reading.problem, _refused(reading.events))) for reading in readings],
        "read_at": [reading.received_at for reading in readings],
    }
    connection.execute(_SQL["mark_read"], columns)
    heard = [(reading.registry_id, reading.received_at, event) for reading in readings for event in reading.events]
    return insert_events(connection, EventOrigin.WEBHOOK, heard, waits=True)


def insert_events(
    connection: psycopg.Connection,
    origin: EventOrigin,
    heard: Iterable[tuple[int, datetime, RegistryEvent]],
    *,
    waits: bool,
) -> int:
    """Save events of (registry id, received at) that are new, never later than they were received; returns how many.

    Those that wait are taken in by `EventStore.apply_events`; the others are by the caller, in the same transaction.

    Events whose repository, tag or digest cannot stand in an index are left out; `save_readings` says so.
    """
    # In one order, so that two callers with the same news do not wait for each other in a circle.
    rows = sorted(
        (
            (registry_id, storable_identity(event.external_id), received_at, event)
            for registry_id, received_at, event in heard
            if _can_be_kept(event)
        ),
        key=lambda row: row[:2],
    )
    if not rows:
        return 0
    events = [row[3] for row in rows]
    columns: dict[str, object] = {
        "origin": str(origin),
        "waits": waits,
        "registries": [row[0] for row in rows],
        "external_ids": [row[1] for row in rows],
        "received_at": [row[2] for row in rows],
        "kinds": [str(event.kind) for event in events],
        "repositories": [event.repository for event in events],
        "digests": [event.digest for event in events],
        "tags": [event.tag for event in events],
        "media_types": [storable(event.media_type) for event in events],
        "occurred_at": [event.occurred_at for event in events],
        "actors": [storable(event.actor) for event in events],
        "user_agents": [storable(event.user_agent) for event in events],
        "client_addresses": [storable(event.client_address) for event in events],
        "owns": [event.own for event in events],
        "excluded_by": find_exclusions(connection, [(row[0], row[2], row[3]) for row in rows]),
    }
    row = connection.execute(_SQL["insert_events"], columns).fetchone()
    return int(row[0]) if row else 0


def _can_be_kept(event: RegistryEvent) -> bool:
    if not event.repository or (not event.digest and event.kind is not EventKind.DELETED):
        return False
    return all(map(is_storable_key, (event.repository, event.digest, event.tag)))


def _refused(events: Sequence[RegistryEvent]) -> str:
    count = sum(not _can_be_kept(event) for event in events)
    return f"{count} events refused: a repository, tag or digest that no registry can have" if count else ""


def _join(*problems: str) -> str:
    return "; ".join(problem for problem in problems if problem)
