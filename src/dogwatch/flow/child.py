"""A child process: takes one piece of work after the other from its parent, within its memory, and ends with it.

Started by `children` as `python -m dogwatch.flow.child`; imported by nothing else. Ends when the parent closes its end,
and at once when the parent dies, whatever it is doing.
"""

from __future__ import annotations

import fcntl
import logging
import os
import pickle
import resource
import select
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from logging.handlers import QueueHandler
from multiprocessing.connection import Connection
from pathlib import Path

_THREAD_STACK_BYTES = 1024 * 1024
"""Ours are shallow; the usual 8 MiB each would count against the memory limit without being used."""

_MORE_EXPENDABLE = "500"
"""When the machine runs out of memory the kernel should take a child before the service (range -1000 to 1000)."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What a child is told at its start: where modules are, and how many bytes of memory it may allocate."""

    module_path: tuple[str, ...]
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work: a module-level function with its arguments, all to be pickled by reference or value.

    A function that `tells` gets, before its arguments, a function that sends any value to the parent while it works.
    """

    function: Callable[..., object]
    arguments: tuple[object, ...]
    tells: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """Something that the work tells before it is finished."""

    value: object


@dataclass(frozen=True, slots=True)
class Done:
    """The work is finished."""

    result: object


@dataclass(frozen=True, slots=True)
class Failed:
    """The work raised `error`; `trace` is where."""

    error: Exception
    trace: str


@dataclass(frozen=True, slots=True)
class OutOfMemory:
    """The work wanted more memory than it may have."""


Answer = Done | Failed | OutOfMemory


def main(connection_fd: int, lifeline_fd: int) -> None:
    """Serve the parent until it closes its side.

    Args:
        connection_fd: a stream socket to the parent.
        lifeline_fd: the reading end of a pipe whose writing end only the parent holds, and never writes to.
    """
    _end_with_parent(lifeline_fd)
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(
            one, signal.SIG_IGN
        )  # a terminal or a service manager signals the whole group; the parent decides
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_MORE_EXPENDABLE, encoding="ascii")
    threading.stack_size(_THREAD_STACK_BYTES)
    connection = Connection(connection_fd)
    parent = _Parent(connection)
    _log_through(parent)
    try:
        orders = connection.recv()
        sys.path[:] = orders.module_path
        resource.setrlimit(resource.RLIMIT_DATA, (orders.memory_bytes, orders.memory_bytes))
        while True:
            parent.send_pickled(_answer(parent, connection.recv_bytes()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


class _Parent:
    """The parent, as those see it who tell it something; any thread may."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._one_at_a_time = threading.Lock()

    def send(self, message: Told | logging.LogRecord) -> None:
        self.send_pickled(pickle.dumps(message))

    def send_pickled(self, message: bytes) -> None:
        with self._one_at_a_time:
            self._connection.send_bytes(message)

    def tell(self, value: object) -> None:
        self.send(Told(value))


class _ToParent(QueueHandler):
    """Hands log lines to the parent, which writes them among its own: in one form, by one rule of what is told."""

    def __init__(self, parent: _Parent) -> None:
        super().__init__(parent)  # type: ignore[arg-type]  # of a queue only `enqueue` makes use
        self._parent = parent

    def enqueue(self, record: logging.LogRecord) -> None:
        with suppress(OSError):  # nobody reads any more
            self._parent.send(record)


def _log_through(parent: _Parent) -> None:
    logging.getLogger().addHandler(_ToParent(parent))
    logging.getLogger("dogwatch").setLevel(logging.INFO)


def _end_with_parent(lifeline_fd: int) -> None:
    """Let the kernel kill this process the moment that the pipe's other end is gone.

    Not a thread that reads the pipe: it would wait for the interpreter's lock, which a runaway regular expression has.
    """
    fcntl.fcntl(lifeline_fd, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline_fd, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(lifeline_fd, fcntl.F_SETFL, fcntl.fcntl(lifeline_fd, fcntl.F_GETFL) | os.O_ASYNC | os.O_NONBLOCK)
    if select.select([lifeline_fd], [], [], 0)[0]:
        os._exit(1)  # it died before we asked


def _answer(parent: _Parent, message: bytes) -> bytes:
    try:
        work: Work = pickle.loads(message)
        ways = (parent.tell,) if work.tells else ()
        return pickle.dumps(Done(work.function(*ways, *work.arguments)))
    except MemoryError:
        return pickle.dumps(OutOfMemory())
    except Exception as error:
        return _pickled_failure(error)


def _pickled_failure(error: Exception) -> bytes:
    """Send the error as itself; one that does not survive the journey as a plain error with its words."""
    trace = "".join(traceback.format_exception(error))
    error.__traceback__ = None
    try:
        message = pickle.dumps(Failed(error, trace))
        pickle.loads(message)
    except Exception:
        return pickle.dumps(Failed(RuntimeError(f"{type(error).__name__}: {error}"), trace))
    return message


if __name__ == "__main__":
    # Classes must have one name on both sides, not `__main__` here.
    from dogwatch.flow import child

    child.main(int(sys.argv[1]), int(sys.argv[2]))
