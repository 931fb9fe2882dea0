"""Reports of images seen running: they move clocks, and stay as the places where an image runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from dogwatch.model.monitoring import Clocks
from dogwatch.model.registries import ManifestToResolve
from dogwatch.model.usage import IN_USE_FOR, MAX_PLACES, MAX_TOLD, Seen, UsageOutcome, UsageReport, UseView
from dogwatch.store.accounts import share_accounts
from dogwatch.store.connection import Database
from dogwatch.store.filters import Constant
from dogwatch.store.moves import move_images
from dogwatch.store.queries import load_queries
from dogwatch.store.text import MAX_KEY, storable
from dogwatch.windows import Happening
from dogwatch.windows.usage import Candidate, credited

_SQL = load_queries("usage")

_Place = tuple[int, str, str]
"""An image, a namespace and a workload."""


class UsageStore:
    """Takes reports in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def report(
        self, account_id: str, report: UsageReport, now: datetime
    ) -> tuple[UsageOutcome, tuple[ManifestToResolve, ...]]:
        """Credit the account's images with what was seen, in one transaction.

        What was heard before changes nothing, in whatever order reports come; a moment yet to come counts as now.

        Returns:
            What came of it, and manifests that have to be read because their image woke before it ever was.
        """
        seen = [replace(one, seen_at=min(one.seen_at, now)) for one in report.seen]
        clamped = sum(one.seen_at > now for one in report.seen)
        with self._database.transaction() as connection:
            share_accounts(connection, [account_id])
            candidates = _candidates(connection, account_id, seen)
            found = [credited(one, candidates[place]) for place, one in enumerate(seen)]
            latest: dict[int, datetime] = {}
            for one, ids in zip(seen, found, strict=True):
                for image_id in ids:
                    latest[image_id] = max(latest.get(image_id, one.seen_at), one.seen_at)
            # As news that may have been heard before: only what moves the clock wakes an image.
            happenings = {image_id: Happening(Clocks(None, None, at), replayed=True) for image_id, at in latest.items()}
            to_resolve = move_images(connection, happenings, now)
            _save_places(connection, report, seen, found)
        unknown = [one.text for one, ids in zip(seen, found, strict=True) if not ids]
        names = tuple(list(dict.fromkeys(unknown))[:MAX_TOLD])
        return UsageOutcome(len(latest), len(unknown), names, clamped), to_resolve


def load_uses(connection: psycopg.Connection, image_id: int) -> tuple[UseView, ...]:
    """Return where an image was seen running, the latest first."""
    return tuple(UseView(*row) for row in connection.execute(_SQL["uses"], {"image": image_id}).fetchall())


def in_use_count(image_id: str, now: datetime) -> sql.Composable:
    """Return how many containers of an image were seen lately, as SQL; `image_id` is its column."""
    return sql.SQL(_SQL["in_use_count"]).format(image=sql.SQL(image_id), since=Constant(now - IN_USE_FOR))


def count_in_use(connection: psycopg.Connection, ids: Sequence[int], now: datetime) -> Mapping[int, int]:
    """Return how many containers of each image were seen lately."""
    values = {"ids": list(ids), "since": now - IN_USE_FOR}
    return dict(connection.execute(_SQL["in_use"], values).fetchall())


def _candidates(
    connection: psycopg.Connection, account_id: str, seen: Sequence[Seen]
) -> Mapping[int, Sequence[Candidate]]:
    """Return the account's images that each name may mean, by its place in the report."""
    tagged = [(place, one.name) for place, one in enumerate(seen) if not one.name.digest]
    columns = {
        "account": account_id,
        "places": [place for place, _ in tagged],
        "repositories": [storable(name.repository) for _, name in tagged],
        "tags": [storable(name.tag) for _, name in tagged],
    }
    digests: list[tuple[int, str, int | None]] = [
        (place, one.name.digest, None) for place, one in enumerate(seen) if one.name.digest
    ]
    if tagged:
        rows = connection.execute(_SQL["tagged"], columns).fetchall()
        digests += [(place, digest, repository_id) for place, repository_id, digest in rows]
    named = {
        "account": account_id,
        "places": [place for place, _, _ in digests],
        "digests": [digest for _, digest, _ in digests],
        "repository_ids": [repository_id for _, _, repository_id in digests],
    }
    found: dict[int, list[Candidate]] = defaultdict(list)
    for place, image_id, url, repository, platform, is_child in connection.execute(
        _SQL["candidates"], named
    ).fetchall():
        found[place].append(Candidate(image_id, urlsplit(url).netloc, repository, platform, is_child))
    return found


def _save_places(
    connection: psycopg.Connection, report: UsageReport, seen: Sequence[Seen], found: Sequence[Sequence[int]]
) -> None:
    """Keep where images were seen; containers of one workload add up."""
    counts: dict[_Place, int] = defaultdict(int)
    spans: dict[_Place, tuple[datetime, datetime]] = {}
    for one, ids in zip(seen, found, strict=True):
        for image_id in ids:
            place = (image_id, one.namespace, one.workload)
            counts[place] += one.count
            first, last = spans.get(place, (one.seen_at, one.seen_at))
            spans[place] = (min(first, one.seen_at), max(last, one.seen_at))
    if not counts:
        return
    places = sorted(counts)
    columns = {
        "cluster": report.cluster,
        "by": storable(report.by, MAX_KEY),
        "ids": [place[0] for place in places],
        "namespaces": [place[1] for place in places],
        "workloads": [place[2] for place in places],
        "counts": [min(counts[place], 2**31 - 1) for place in places],
        "firsts": [spans[place][0] for place in places],
        "lasts": [spans[place][1] for place in places],
    }
    connection.execute(_SQL["save"], columns)
    connection.execute(_SQL["trim"], {"ids": sorted({place[0] for place in places}), "limit": MAX_PLACES})
