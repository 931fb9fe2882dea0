"""Several ways that together find what is asked for, each complete as far as it goes."""

from __future__ import annotations

from collections.abc import Sequence

from dogwatch.store.candidates.orders import key_of
from dogwatch.store.candidates.search import Candidates, Search


def merged(search: Search, found: Sequence[Candidates]) -> Candidates:
    """Return the candidates of all ways, as far as the first that was cut."""
    columns = search.order.columns
    limit = nearest(search, found)
    rows = {tuple(key_of(columns, row)): row for part in found for row in part.rows}
    keys = sorted(rows, reverse=search.descending)
    if limit is not None:
        last = tuple(limit)
        keys = [key for key in keys if (key >= last if search.descending else key <= last)]
    return Candidates([rows[key] for key in keys], limit)


def nearest(search: Search, found: Sequence[Candidates]) -> list[object] | None:
    """Return the key up to which all ways are complete."""
    limits = [part.complete_until for part in found if part.complete_until is not None]
    if not limits:
        return None
    return max(limits) if search.descending else min(limits)
