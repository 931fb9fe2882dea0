from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from dogwatch.app.once import made_once

_THREADS = 4


class Maker:
    def __init__(self) -> None:
        self.made: list[object] = []
        self.asking = threading.Barrier(_THREADS)

    @made_once
    def room(self) -> object:
        self.made.append(object())
        return self.made[-1]

    def ask(self) -> object:
        self.asking.wait()
        return self.room


def test_threads_that_ask_first_at_the_same_time_get_the_same() -> None:
    maker = Maker()
    with ThreadPoolExecutor(_THREADS) as pool:
        got = [each.result() for each in [pool.submit(maker.ask) for _ in range(_THREADS)]]
    assert got == maker.made * _THREADS


def test_every_instance_has_its_own() -> None:
    one, other = Maker(), Maker()
    assert one.room is not other.room
