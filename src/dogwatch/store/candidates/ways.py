"""Which way is gone: the one that reads little, by the order and by what the question narrows."""

from __future__ import annotations

from dataclasses import replace

from dogwatch.store.candidates.everything import everything, is_little
from dogwatch.store.candidates.exposures import along_exposures
from dogwatch.store.candidates.images import along_images
from dogwatch.store.candidates.merging import merged
from dogwatch.store.candidates.moments import along_moments
from dogwatch.store.candidates.orders import Along, Order, key_of
from dogwatch.store.candidates.search import Candidates, Key, Search


def next_candidates(search: Search, after: Key | None, most: int) -> Candidates:
    """Return about `most` candidates behind the key `after`, or from the beginning."""
    if not search.parts:
        return _of_scope(search, after, most)
    parts = [replace(search, scope=part, parts=()) for part in search.parts if not part.is_empty]
    return merged(search, [_of_scope(part, after, most) for part in parts])


def _of_scope(search: Search, after: Key | None, most: int) -> Candidates:
    if search.order.columns[0] == "status":
        return _by_status(search, after, most)
    if search.order.along is Along.EXPOSURES:
        return along_exposures(search, after, most)
    if is_little(search):
        return everything(search, after, most)
    if search.order.along is Along.IMAGES:
        return along_images(search, after, most)
    images = search.scope.images
    if images is not None and len(images) <= search.limits.few_images_to_sort:
        return everything(search, after, most)
    return along_moments(search, after, most)


def _by_status(search: Search, after: Key | None, most: int) -> Candidates:
    """One status after the other, each in the order of severity."""
    columns = search.order.columns
    statuses = sorted(search.scope.demands.statuses, reverse=search.descending)
    if after is not None:
        statuses = [one for one in statuses if (one <= str(after[0]) if search.descending else one >= str(after[0]))]
    for status in statuses:
        demands = replace(search.scope.demands, statuses=frozenset({status}))
        one = replace(search, order=Order(columns[1:], Along.EXPOSURES), scope=replace(search.scope, demands=demands))
        found = along_exposures(one, after[1:] if after is not None and after[0] == status else None, most)
        rows = [{"status": status, **row} for row in found.rows]
        if found.complete_until is not None:
            return Candidates(rows, [status, *found.complete_until])
        if rows:
            last = status == statuses[-1]
            return Candidates(rows, None if last else key_of(columns, rows[-1]))
    return Candidates([], None)
