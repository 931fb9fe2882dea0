"""Start PostgreSQL's programs as the server user, in a session of their own, holding the server lock.

By fork and exec rather than `subprocess`, because the child has things to do in between: enter the view, stop being
root, write down which process it is. The guardian's only other thread, if there is one by then, waits in the kernel.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dogwatch.store.embedded.server_user import ServerUser
from dogwatch.store.embedded.view import View, become

NOT_STARTED_STATUS = 127  # as a shell says it


@dataclass(frozen=True)
class Surroundings:
    """What every program of a server is started with.

    Attributes:
        user: whom it runs as.
        view: what it sees.
        log: descriptor for both outputs.
        server_lock: descriptor of the held lock; the program and all its children inherit it.
    """

    user: ServerUser
    view: View
    log: int
    server_lock: int


def start_program(
    arguments: Sequence[str],
    around: Surroundings,
    *,
    standard_input: int | None = None,
    before_exec: Callable[[], None] = lambda: None,
) -> int:
    """Start a program.

    Args:
        arguments: the program's absolute path, then its arguments.
        around: what it is started with.
        standard_input: descriptor to read from; nothing when None.
        before_exec: called in the new process, as the server user.

    Returns:
        The process id. A program that cannot be started ends with status 127 and its reason in the log.
    """
    child = os.fork()
    if child:
        return child
    try:
        _enter(around, standard_input)
        before_exec()
        os.execve(arguments[0], list(arguments), _environment())
    except BaseException as error:
        os.write(2, f"cannot start {arguments[0]}: {error}\n".encode())
    os._exit(NOT_STARTED_STATUS)


def run_program(arguments: Sequence[str], around: Surroundings, text: str = "") -> int:
    """Run a program to its end.

    Args:
        arguments: the program's absolute path, then its arguments.
        around: what it is started with.
        text: its standard input; at most what a pipe holds (64 KiB).

    Returns:
        Its exit status; negative is the signal that ended it.
    """
    reader, writer = os.pipe()
    os.write(writer, text.encode())
    os.close(writer)
    child = start_program(arguments, around, standard_input=reader)
    os.close(reader)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _enter(around: Surroundings, standard_input: int | None) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing if standard_input is None else standard_input, 0)
    os.dup2(around.log, 1)
    os.dup2(around.log, 2)
    os.setsid()
    # The guardian ignores these, and ignoring would be inherited.
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(one, signal.SIG_DFL)
    if os.getuid() == 0:
        os.seteuid(0)
        around.view.enter()
        become(around.user)
    os.umask(0o077)
    os.set_inheritable(around.server_lock, True)


def _environment() -> dict[str, str]:
    """Nothing of the caller's: PGDATA, PGPORT, PGTZ or a locale there must not change what the server does."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def program_line(program: Path, *arguments: str | Path) -> list[str]:
    """Return an argument list for the functions above."""
    return [str(program), *map(str, arguments)]
