"""Blobs that are opened before their turn: how many, in which order, and that none stays open."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import pytest

from dogwatch.flow.ahead import AHEAD_BYTES, CONNECTIONS, open_ahead


@dataclass(frozen=True)
class Blob:
    name: str
    size_bytes: int = 1


@dataclass
class Registry:
    """Opens blobs, and knows which are open; a broken one is refused."""

    broken: str = ""
    asked: list[str] = field(default_factory=list)
    open_now: set[str] = field(default_factory=set)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def open(self, blob: Blob) -> AbstractContextManager[str]:
        return self._opened(blob.name)

    @contextmanager
    def _opened(self, name: str) -> Iterator[str]:
        self._tell(lambda: self.asked.append(name))
        if name == self.broken:
            raise OSError(name)
        self._tell(lambda: self.open_now.add(name))
        try:
            yield name.upper()
        finally:
            self._tell(lambda: self.open_now.remove(name))

    def _tell(self, change: Callable[[], None]) -> None:
        with self.changed:
            change()
            self.changed.notify_all()

    def wait_until_open(self, *names: str) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: self.open_now == set(names), timeout=120)


def test_blobs_come_in_order_and_the_next_few_are_open_by_then() -> None:
    registry, names = Registry(), "abcdefg"
    coming = open_ahead(registry.open, [Blob(name) for name in names])
    for place, name in enumerate(names):
        blob, content = next(coming)
        assert (blob.name, content) == (name, name.upper())
        assert registry.wait_until_open(*names[place : place + 1 + CONNECTIONS])
    assert next(coming, None) is None
    assert (sorted(registry.asked), registry.open_now) == (list(names), set())


def test_what_takes_long_to_be_reached_is_not_opened_yet() -> None:
    registry = Registry()
    blobs = [Blob("a"), Blob("b", AHEAD_BYTES - 1), Blob("c"), Blob("d", 2 * AHEAD_BYTES), Blob("e")]
    coming = open_ahead(registry.open, blobs)
    for expected in ("ab", "bc", "c", "d", "e"):
        next(coming)
        assert registry.wait_until_open(*expected)


def test_what_cannot_be_opened_is_told_when_its_turn_has_come_and_nothing_stays_open() -> None:
    registry = Registry(broken="b")
    coming = open_ahead(registry.open, [Blob(name) for name in "abcd"])
    assert next(coming)[0].name == "a"
    with pytest.raises(OSError, match="b"):
        next(coming)
    assert registry.wait_until_open()


def test_who_stops_in_between_leaves_nothing_open() -> None:
    registry = Registry()
    coming = open_ahead(registry.open, [Blob(name) for name in "abcd"])
    next(coming)
    coming.close()  # type: ignore[attr-defined]  # it is a generator
    assert registry.wait_until_open()
    assert list(open_ahead(registry.open, [])) == []
