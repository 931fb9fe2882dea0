"""The guardian: a small process that is the server's parent, restarts it when it dies, stops it when nobody uses it.

It waits for two things: the end of the server, and the exclusive lock on the users' file, which the kernel grants when
the last user has left or died. It reports to the user who started it over its standard output, one line of JSON, and
depends on nobody afterwards; what it does later is noted in the server's log. Signals for asking it to end are ignored:
the locks alone decide, also when a terminal or a service manager signals a whole group. Started by `launch`; not
imported by anything else.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from dogwatch.model.errors import DogwatchError, StoreUnavailableError
from dogwatch.store.embedded.layout import Layout, open_layout
from dogwatch.store.embedded.record import ServerRecord, read_record
from dogwatch.store.embedded.restarts import RestartPauses
from dogwatch.store.embedded.server_log import note_in_log, shorten_log
from dogwatch.store.embedded.sockets import remove_socket_folder
from dogwatch.store.embedded.starting import LOG, RECORD, AbandonedError, act_as_owner, start_server
from dogwatch.store.embedded.stopping import stop_server
from dogwatch.store.embedded.users import Users

_LOG_CHECK_SECONDS = 60.0  # how often the log's length is looked at; a minute's lines are the most it can be over


def main(arguments: list[str]) -> None:
    """Bring the server up, or take over a living one; then watch until the last user is gone.

    Args:
        arguments: the private folder. The descriptor of the guardian lock is inherited, its number comes second.
    """
    if os.fork():
        os._exit(0)  # the user's process has no child to wait for
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.SIG_IGN)
    # A server that nobody waits for any more is told to end by it, once, while it starts. Who was started in the
    # background hands it on as ignored: told before PostgreSQL itself listens, the server would run on for ever.
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    os.set_inheritable(int(arguments[1]), False)  # held by this process until it ends, and by no other
    try:
        guard(open_layout(Path(arguments[0])))
    except AbandonedError:
        return
    except DogwatchError as error:
        _report({"error": type(error).__name__, **error.fields})
    except Exception as error:
        _report({"error": "StoreUnavailableError", "reason": f"cannot start: {type(error).__name__}: {error}"})


def guard(layout: Layout) -> None:
    """Do the guardian's work, from start to end."""
    users = Users(layout)
    os.chdir(layout.folder)
    record = read_record(RECORD)
    if record is None or not record.is_alive():
        record = start_server(layout, users)
    act_as_owner(layout)
    pidfd = _open_process(record)
    _report({"ready": record.pid})
    pauses = RestartPauses()
    try:
        while not _outlives_its_users(pidfd, users):
            os.close(pidfd)
            record, pidfd = _start_again(layout, users, record, pauses)
        stop_server(record, layout.user.uid, LOG)
    finally:
        remove_socket_folder(record.socket_folder, layout.folder)


def _start_again(layout: Layout, users: Users, ended: ServerRecord, pauses: RestartPauses) -> tuple[ServerRecord, int]:
    """Start a server in the place of one that has ended, again and again, until it runs or nobody wants it any more."""
    problem = f"the server (process {ended.pid}) ended{_take_status(ended)}"
    while True:
        pause_seconds = pauses.next_seconds(time.monotonic())
        if users.are_gone():
            raise AbandonedError
        note_in_log(LOG, f"{problem}; starting it again in {pause_seconds:g} s")
        if users.wait(pause_seconds):
            raise AbandonedError
        try:
            record = start_server(layout, users, ended.socket_folder)
            return record, _open_process(record)
        except DogwatchError as error:
            problem = error.message
        except OSError as error:
            problem = f"cannot start: {error}"
        act_as_owner(layout)


def _open_process(record: ServerRecord) -> int:
    try:
        pidfd = os.pidfd_open(record.pid)
    except ProcessLookupError:
        raise StoreUnavailableError("the server ended just now") from None
    if not record.is_alive():
        os.close(pidfd)
        raise StoreUnavailableError("the server ended just now")
    return pidfd


def _outlives_its_users(pidfd: int, users: Users) -> bool:
    """Wait until the users' lock is ours, hence nobody uses the server; or, which is the answer no, until it ended."""
    departure = users.begin_to_wait()
    while True:
        readable = select.select([pidfd, departure], [], [], _LOG_CHECK_SECONDS)[0]
        if readable:
            return departure in readable
        shorten_log(LOG)


def _take_status(record: ServerRecord) -> str:
    """Let the kernel forget a child that has ended; returns how it ended, in words."""
    try:
        status = os.waitstatus_to_exitcode(os.waitpid(record.pid, 0)[1])
    except ChildProcessError:
        return ""  # taken over, not our child
    return f" by signal {-status}" if status < 0 else f" with status {status}"


def _report(words: dict[str, object]) -> None:
    with suppress(OSError):  # the user who asked may be gone; others may be there
        os.write(1, (json.dumps(words, default=str) + "\n").encode())
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.close(nothing)


if __name__ == "__main__":
    main(sys.argv[1:])
    os._exit(0)  # a thread may still wait for the users' lock
