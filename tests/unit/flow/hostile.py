"""Work for child processes that ends well and badly. Functions at module level: a child imports them by name."""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from dogwatch.model.errors import MalformedLayerError, RegistryThrottledError

_KEPT: list[bytes] = []


def answer(value: object) -> object:
    return value


def count_aloud(tell: Callable[[int], None], numbers: int) -> str:
    for number in range(numbers):
        tell(number)
    return "counted"


def log_aloud(reason: str) -> str:
    logging.getLogger("dogwatch.flow").info("looked", extra={"fields": {"reason": reason}})
    logging.getLogger("library").warning("error at %r: %s", "place", reason)
    logging.getLogger("library").info("a detail")
    return "logged"


def log_later(seconds: float) -> None:
    threading.Timer(seconds, logging.getLogger("library").warning, ("late",)).start()


def process_id() -> int:
    return os.getpid()


def refuse_layer(digest: str) -> None:
    raise MalformedLayerError(digest, "cut off")


def refuse_for(seconds: float) -> None:
    raise RegistryThrottledError("http://registry.test", seconds)


def stumble() -> None:
    raise KeyError("no such thing")


class StubbornError(Exception):
    def __reduce__(self) -> str:
        raise TypeError("does not travel")


def stumble_stubbornly() -> None:
    raise StubbornError("words")


def die(signal_number: int) -> None:
    os.kill(os.getpid(), signal_number)
    time.sleep(60)


def leave() -> None:
    os._exit(3)


def return_something_that_does_not_travel() -> object:
    return lambda: None


def allocate(mebibytes: int) -> int:
    return len(bytearray(mebibytes * 1024 * 1024))


def allocate_bit_by_bit(mebibytes: int) -> None:
    _KEPT.extend(os.urandom(1024 * 1024) for _ in range(mebibytes))


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def hang_in_a_regular_expression(marker: str) -> None:
    Path(marker).write_text(str(os.getpid()), encoding="ascii")
    re.match(r"(a+)+b", "a" * 64)


def ignore_signals_and_answer() -> str:
    for one in (signal.SIGINT, signal.SIGTERM):
        os.kill(os.getpid(), one)
    return "still here"


def module_path() -> list[str]:
    return sys.path


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))
