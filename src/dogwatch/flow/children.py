"""A small pool of child processes, so that one bad input cannot take the service down.

Each slot has a process of its own: a crash, a hang or a hunger for memory costs the work that caused it, nothing else.
Called from job threads; what is run stands in `app`.
"""

from __future__ import annotations

import logging
import os
import pickle
import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Concatenate, ParamSpec, TypeVar

from dogwatch.flow.child import Answer, Done, Failed, Orders, OutOfMemory, Told, Work
from dogwatch.model.errors import LimitExceededError, StepCrashedError

_MIB = 1024 * 1024
_GOODBYE_SECONDS = 2.0  # an idle child ends within milliseconds of its parent closing; a busy one is not waited for

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

Listen = Callable[[Any], None]
"""Takes what the work tells; it is of the type that the work's own teller takes."""


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What one child may cost.

    Units:
        `wall_seconds` per piece of work; `memory_bytes` of private memory, allocated, for the whole process; `works`
        is how many pieces of work one process does before a fresh one takes its place, which bounds what leaks.
    """

    wall_seconds: float
    memory_bytes: int
    works: int


# A worker child may use 200 MB, of which some 25 MB are program files and not counted by the kernel's limit. An hour is
# a layer of 10 GB at 3 MB/s.
INDEX_LIMITS = ChildLimits(wall_seconds=3600.0, memory_bytes=176 * _MIB, works=100)
# A feed import may use 500 MB. Three hours are some times what the 1.3 million records of the largest feed take at
# first: 2 ms each, measured on a busy machine. A fresh process each time: it comes rarely, and its memory is worth more
# than its half a second of start.
FEED_LIMITS = ChildLimits(wall_seconds=3 * 3600.0, memory_bytes=470 * _MIB, works=1)
# What is looked at once is read like a layer, by a process of its own. The bytes of a bill of materials are held whole
# while it is read, so this is more than a layer needs. Three hours are an image of 10 GB at 1 MB/s.
EXAMINE_LIMITS = ChildLimits(wall_seconds=3 * 3600.0, memory_bytes=470 * _MIB, works=1)
# Attached bills of materials are held whole while they are read, eight of at most 32 MiB; most images have none, so one
# process looks at many.
BILL_LIMITS = ChildLimits(wall_seconds=600.0, memory_bytes=470 * _MIB, works=100)
# Notices are read apart as well: their bodies are outside input, and reading them would share the interpreter with the
# receiver, which then takes in fewer. Ten minutes are a backlog of a million; what is cut short goes on where it was.
NOTICE_LIMITS = ChildLimits(wall_seconds=600.0, memory_bytes=176 * _MIB, works=10_000)


class ChildPool:
    """As many processes as slots, started when they are first needed. Safe to share by threads."""

    def __init__(self, slots: int, limits: ChildLimits) -> None:
        self._limits = limits
        self._all = tuple(_Slot(limits) for _ in range(slots))
        self._free: queue.LifoQueue[_Slot] = queue.LifoQueue()  # the warm one first
        for slot in self._all:
            self._free.put(slot)

    def run(self, step: str, function: Callable[P, R], *arguments: P.args, **_no_keywords: P.kwargs) -> R:
        """Run a module-level function in a child, waiting for a free slot first.

        Args:
            step: names the work in errors.
            function: importable by its name.
            arguments: values that pickle.

        Raises:
            StepCrashedError: the process ended before it answered, or the pool was closed.
            LimitExceededError: the work took longer, or wanted more memory, than the limits allow.
            Exception: what the function raised, with the place in a note.
        """
        return self._run(step, Work(function, arguments), _ignore)  # type: ignore[return-value]  # see _run

    def run_telling(
        self,
        step: str,
        listen: Callable[[T], None],
        function: Callable[Concatenate[Callable[[T], None], P], R],
        *arguments: P.args,
        **_no_keywords: P.kwargs,
    ) -> R:
        """Run a function that tells something while it works, as `run` does; `listen` gets it here, at once."""
        return self._run(step, Work(function, arguments, tells=True), listen)  # type: ignore[return-value]  # see _run

    def _run(self, step: str, work: Work, listen: Listen) -> object:
        """Run a work and return what its function returned, on the other side."""
        slot = self._free.get()
        try:
            answer = slot.run(step, work, listen)
        finally:
            self._free.put(slot)
        match answer:
            case Done(result):
                return result
            case Failed(error, trace):
                error.add_note(f"in a child process:\n{trace}")
                raise error
            case OutOfMemory():
                raise LimitExceededError(step, "child memory", self._limits.memory_bytes // _MIB, "MiB")

    def close(self) -> None:
        """End all children, busy ones too; whoever waits for one gets StepCrashedError. May be called twice."""
        for slot in self._all:
            slot.close()

    def process_ids(self) -> tuple[int, ...]:
        """Return the ids of the processes that run now."""
        return tuple(pid for slot in self._all if (pid := slot.process_id()) is not None)


class _Slot:
    """One place in the pool, with a process or without. Used by one thread at a time; `close` from any."""

    def __init__(self, limits: ChildLimits) -> None:
        self._limits = limits
        self._child: _Child | None = None
        self._works = 0
        self._using = threading.Lock()
        self._closing = threading.Lock()
        self._is_closed = False

    def process_id(self) -> int | None:
        child = self._child
        return child.process.pid if child is not None and child.process.poll() is None else None

    def run(self, step: str, work: Work, listen: Listen) -> Answer:
        with self._using:
            try:
                return self._run(step, work, listen)
            except BaseException:
                self._drop(kill=True)  # whatever it is at, nobody waits for its answer any more
                raise

    def _run(self, step: str, work: Work, listen: Listen) -> Answer:
        message = pickle.dumps(work)
        child = self._ready_child(step)
        self._works += 1
        try:
            child.connection.send_bytes(message)
            answer = self._answer(step, child.connection, listen)
        except (EOFError, OSError) as broken:
            raise StepCrashedError(step, self._drop(kill=True)) from broken
        if self._works >= self._limits.works or isinstance(answer, OutOfMemory):
            self._drop(kill=False)  # a process that has seen the end of its memory is not trusted further
        return answer

    def _answer(self, step: str, connection: Connection, listen: Listen) -> Answer:
        """Wait for the answer, and pass on what is told and logged before it."""
        until = time.monotonic() + self._limits.wall_seconds
        while (left := until - time.monotonic()) > 0 and connection.poll(left):
            message: Told | logging.LogRecord | Answer = pickle.loads(connection.recv_bytes())
            match message:
                case Told(value):
                    listen(value)
                case logging.LogRecord():
                    _log_here(message)
                case _:
                    return message
        raise LimitExceededError(step, "child wall time", int(self._limits.wall_seconds), "seconds")

    def close(self) -> None:
        with self._closing:
            self._is_closed = True
            if self._child is not None:
                self._child.process.kill()
        with self._using:  # whoever uses it sees the end of its connection and lets go
            self._drop(kill=True)

    def _ready_child(self, step: str) -> _Child:
        if self._child is not None and self._child.process.poll() is not None:
            self._drop(kill=False)  # died while it had nothing to do: nobody's work is lost
        with self._closing:
            if self._is_closed:
                raise StepCrashedError(step, "the service is stopping")
            if self._child is None:
                self._works = 0
                self._child = _start_child(self._limits)
            return self._child

    def _drop(self, *, kill: bool) -> str:
        """Let go of the process and return how it ended."""
        child, self._child = self._child, None
        if child is None:
            return "no process"
        return child.end(kill)


def _log_here(record: logging.LogRecord) -> None:
    """Log what a child logged as if it had been said here."""
    logger = logging.getLogger(record.name)
    if logger.isEnabledFor(record.levelno):
        logger.handle(record)


def _ignore(_value: object) -> None:
    pass


@dataclass(frozen=True, slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    connection: Connection
    lifeline: int

    def end(self, kill: bool) -> str:
        self.connection.close()
        if kill:
            self.process.kill()
        try:
            status = self.process.wait(_GOODBYE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        os.close(self.lifeline)
        return f"signal {-status}" if status < 0 else f"exit status {status}"


def _start_child(limits: ChildLimits) -> _Child:
    ours, theirs = socket.socketpair()
    lifeline, held = os.pipe()
    try:
        process = subprocess.Popen(
            # -P: never import from the folder that the service happens to be started in.
            [sys.executable, "-P", "-m", "dogwatch.flow.child", str(theirs.fileno()), str(lifeline)],
            pass_fds=(theirs.fileno(), lifeline),
            stdin=subprocess.DEVNULL,
        )
    except BaseException:
        ours.close()
        os.close(held)
        raise
    finally:
        theirs.close()
        os.close(lifeline)
    connection = Connection(ours.detach())
    with suppress(OSError):  # it died already: so sees whoever gives it work
        connection.send(Orders(tuple(sys.path), limits.memory_bytes))
    return _Child(process, connection, held)
