"""Which entries of a lock file a program needs to run, where that is told by what depends on what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from dogwatch.inventory.limits import Limits

# Of real files hardly any has more than ten.
_EDGES_PER_ENTRY: Final = 50


class LockGraph:
    """What the project itself needs, and what each entry needs, as they are read; entries are told by any text."""

    def __init__(self, limits: Limits) -> None:
        self._roots: set[str] = set()
        self._edges: dict[str, set[str]] = {}
        self._left = limits.file_entries * _EDGES_PER_ENTRY
        self._is_rooted = False

    def begin(self) -> None:
        """Note that the project is named, even if it needs nothing."""
        self._is_rooted = True

    def need(self, names: Iterable[str], by: str = "") -> None:
        """Note that an entry, or the project itself (empty), needs others."""
        needed = self._edges.setdefault(by, set()) if by else self._roots
        for name in names:
            self._left -= 1
            if self._left < 0:
                return
            needed.add(name)

    def needed(self) -> frozenset[str] | None:
        """Return all entries that the project needs; None where it is not named, or too much of it was read."""
        if not self._is_rooted or self._left < 0:
            return None
        found: set[str] = set()
        waiting = list(self._roots)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(self._edges.get(name, ()))
        return frozenset(found)
