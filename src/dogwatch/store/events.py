"""Events at work: each moves clocks, tags and monitoring of what is known, and names what is not.

The end state does not depend on the order in which events come: clocks keep the latest moment, and what became of tags
and manifests is read from the history of pushes and deletions.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import psycopg

from dogwatch.model.registries import (
    EventKind,
    EventOrigin,
    ManifestToResolve,
    Notice,
    NoticeReading,
    RegistryEvent,
    TagListing,
)
from dogwatch.store.accounts import share_accounts
from dogwatch.store.bill_turns import ask_for_bills
from dogwatch.store.connection import Database
from dogwatch.store.hearing import HeardEvent, RepositoryNews, gather, happening, joined
from dogwatch.store.moves import move_images
from dogwatch.store.notices import insert_events, load_notices, save_readings
from dogwatch.store.queries import load_queries
from dogwatch.store.replays import replay
from dogwatch.store.repositories import ensure_repository, find_repositories, lock_repositories
from dogwatch.store.retries import FIRST_MANIFEST_PAUSE, LONGEST_MANIFEST_PAUSE, RETRIED_REASONS
from dogwatch.windows import Happening

_SQL = load_queries("events")

_PAUSES = {"first_pause": FIRST_MANIFEST_PAUSE, "longest_pause": LONGEST_MANIFEST_PAUSE}


class EventStore:
    """Implements `flow.ports.EventStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load_notices(self, limit: int) -> tuple[Notice, ...]:
        """Return the oldest unread notices."""
        with self._database.transaction() as connection:
            return load_notices(connection, limit)

    def save_readings(self, readings: Sequence[NoticeReading]) -> int:
        """Save what was read from many notices in one transaction; returns how many events were new."""
        with self._database.transaction() as connection:
            return save_readings(connection, readings)

    def apply_events(self, limit: int, now: datetime) -> tuple[int, tuple[ManifestToResolve, ...]]:
        """Let the oldest waiting events take their effect.

        Returns:
            How many were taken in, and the manifests to resolve: pushed or pulled and not known, or known and woken
            before they were ever read.
        """
        with self._database.transaction() as connection:
            # Lost in a crash, the events wait again and come to the same end: nobody waits for the disk here.
            connection.execute("SET LOCAL synchronous_commit = off")
            rows = connection.execute(_SQL["take_waiting"], {"limit": limit}).fetchall()
            return len(rows), _take_in(connection, [HeardEvent(*row) for row in rows], now)

    def load_unresolved(self, now: datetime, limit: int) -> tuple[ManifestToResolve, ...]:
        """Return manifests that were named and never resolved, or could not be: the safety net under lost jobs.

        Those that fail are tried again less and less often, at last once a day (`store.retries`); those whose content
        is wrong, and those that are gone from the registry, wait until an event names them.
        """
        values = {"now": now, "limit": limit, "retried": list(RETRIED_REASONS), **_PAUSES}
        with self._database.transaction() as connection:
            return tuple(ManifestToResolve(*row) for row in connection.execute(_SQL["unresolved"], values).fetchall())

    def save_listing(self, registry_id: int, listing: TagListing, seen_at: datetime) -> tuple[ManifestToResolve, ...]:
        """Take in what polling saw of a repository.

        Tags and digests that are new become pushes at `seen_at` (so does everything at the first poll of a registry),
        tags that are gone become deletions; tags that events moved after `seen_at` are left alone. Where the registry
        is looked back at by age, the first poll's pushes count as of when images were created (`store.replays`).

        Returns:
            The manifests of the listing that are not known; those that could not be resolved only once in a while.
        """
        with self._database.transaction() as connection:
            held = ensure_repository(connection, registry_id, listing.repository)
            if held is None:
                return ()
            account_id, repository_id = held
            lock_repositories(connection, [repository_id], alone=True)
            tags = {name: (digest, set_at) for name, digest, set_at in _load_tags(connection, repository_id)}
            is_first = connection.execute(_SQL["see_first"], {"registry": registry_id, "seen_at": seen_at}).fetchone()
            events = _differences(listing, tags, seen_at)
            insert_events(
                connection, EventOrigin.POLL, [(registry_id, seen_at, event) for event in events], waits=False
            )
            # What was there before moves no clock when it is seen; its age is its own word.
            heard = [_heard(registry_id, account_id, event, excluded=is_first is not None) for event in events]
            to_resolve = _take_in(connection, heard, seen_at)
            listed = RepositoryNews(registry_id, account_id, listing.repository)
            columns = _columns([(repository_id, listed, digest, None) for _, digest in listing.tags])
            if is_first is not None:
                known = connection.execute(_SQL["images_behind"], columns).fetchall()
                replay(connection, sorted({image_id for _, image_id, _ in known}), seen_at)
            unknown = _unknown(connection, columns, seen_at)
        return tuple(dict.fromkeys((*to_resolve, *unknown)))


def _load_tags(connection: psycopg.Connection, repository_id: int) -> list[tuple[str, str, datetime]]:
    return connection.execute(_SQL["tags"], {"repository": repository_id}).fetchall()


def _differences(listing: TagListing, tags: dict[str, tuple[str, datetime]], seen_at: datetime) -> list[RegistryEvent]:
    """Say as events what a listing shows that is new, named by the moment too: a tag may come and go again."""
    name = listing.repository
    events = []
    listed = dict(listing.tags)
    for tag, digest in listed.items():
        known, set_at = tags.get(tag, ("", None))
        if digest != known and (set_at is None or set_at < seen_at):
            external_id = f"poll:{name}@{digest}:{tag} {seen_at.isoformat()}"
            events.append(RegistryEvent(EventKind.PUSHED, name, digest, tag, seen_at, external_id))
    for tag, (_, set_at) in tags.items():
        if tag not in listed and set_at < seen_at:
            external_id = f"poll:{name}:{tag} gone {seen_at.isoformat()}"
            events.append(RegistryEvent(EventKind.DELETED, name, "", tag, seen_at, external_id))
    return events


def _heard(registry_id: int, account_id: str, event: RegistryEvent, *, excluded: bool) -> HeardEvent:
    kind, origin = str(event.kind), str(EventOrigin.POLL)
    place = (event.repository, event.digest, event.tag)
    return HeardEvent(
        registry_id, account_id, origin, kind, *place, event.occurred_at, event.actor, "", event.own, excluded
    )


def _take_in(
    connection: psycopg.Connection, events: Sequence[HeardEvent], now: datetime
) -> tuple[ManifestToResolve, ...]:
    """Give the events, which are stored, their effect on tags, indexes and images."""
    repositories = gather(events)
    if not repositories:
        return ()
    share_accounts(connection, [repository.account_id for repository in repositories])
    ids = find_repositories(connection, repositories)
    known = [(ids[key], news) for news in repositories if (key := (news.registry_id, news.name)) in ids]
    moves_tags = any(event.kind != EventKind.PULLED for event in events)
    lock_repositories(connection, [repository_id for repository_id, _ in known], alone=moves_tags)
    manifests = [
        (repository_id, news, digest, news.manifests[digest].heard_at)
        for repository_id, news in known
        for digest in news.manifests
    ]
    columns = _columns(manifests)
    if moves_tags:
        connection.execute(_SQL["settle_indexes"], columns)
        _settle_tags(connection, known)
    rows = connection.execute(_SQL["images_behind"], columns).fetchall()
    happenings: dict[int, Happening] = {}
    for place, image_id, through_index in rows:
        _, news, digest, _ = manifests[place - 1]
        manifest = news.manifests[digest]
        if through_index and manifest.arrived_at is None and manifest.polled is None:
            continue
        happened = happening(manifest, through_index=through_index)
        happenings[image_id] = joined(happenings.get(image_id), happened)
    woken = move_images(connection, happenings, now)
    if moves_tags:
        ask_for_bills(connection, *_concerning_bills(known))
    heard = [manifest for manifest in manifests if manifest[3] is not None]
    return tuple(dict.fromkeys((*woken, *_unknown(connection, _columns(heard), now))))


def _columns(manifests: Sequence[tuple[int, RepositoryNews, str, datetime | None]]) -> dict[str, object]:
    return {
        "repositories": [repository_id for repository_id, _, _, _ in manifests],
        "registries": [news.registry_id for _, news, _, _ in manifests],
        "names": [news.name for _, news, _, _ in manifests],
        "digests": [digest for _, _, digest, _ in manifests],
        "heard_at": [heard_at for _, _, _, heard_at in manifests],
        "pushed": [
            digest in news.manifests and news.manifests[digest].arrived_at is not None
            for _, news, digest, _ in manifests
        ],
    }


def _settle_tags(connection: psycopg.Connection, known: Sequence[tuple[int, RepositoryNews]]) -> None:
    """Point tags to where the history of pushes and deletions leaves them."""
    named = [(repository_id, news, tag) for repository_id, news in known for tag in sorted(news.tags)]
    deleted = [
        (repository_id, digest)
        for repository_id, news in known
        for digest, manifest in news.manifests.items()
        if manifest.deleted
    ]
    columns: dict[str, object] = {
        "repositories": [repository_id for repository_id, _, _ in named],
        "tags": [tag for _, _, tag in named],
        "deleted_in": [repository_id for repository_id, _ in deleted],
        "deleted_digests": [digest for _, digest in deleted],
    }
    connection.execute(_SQL["settle_tags"], columns)


def _concerning_bills(
    known: Sequence[tuple[int, RepositoryNews]],
) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Return what was pushed or deleted: (repository id, digest) of manifests, (repository id, name) of tags."""
    manifests = [
        (repository_id, digest)
        for repository_id, news in known
        for digest, manifest in news.manifests.items()
        if manifest.deleted or manifest.arrived_at is not None
    ]
    return manifests, [(repository_id, tag) for repository_id, news in known for tag in sorted(news.tags)]


def _unknown(connection: psycopg.Connection, columns: dict[str, object], now: datetime) -> list[ManifestToResolve]:
    rows = connection.execute(_SQL["unknown_manifests"], {**columns, "now": now, **_PAUSES}).fetchall()
    return [ManifestToResolve(*row) for row in rows]
