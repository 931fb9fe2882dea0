"""The guardian: a small process that is the server's parent and stops it when its last user is gone.

It waits for one thing, the exclusive lock on the users' file, which the kernel grants when the last user has left or
died. It reports to the user who started it over its standard output, one line of JSON, and depends on nobody
afterwards. Signals for asking it to end are ignored: the locks alone decide, also when a terminal or a service manager
signals a whole group. Started by `launch`; not imported by anything else.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

from dogwatch.model.errors import DogwatchError, StoreUnavailableError
from dogwatch.store.embedded.binaries import find_binaries
from dogwatch.store.embedded.cluster import (
    CLUSTER,
    configure_cluster,
    disown_stale_pid_file,
    make_ready_cluster,
    says_ready,
)
from dogwatch.store.embedded.layout import Layout, open_layout
from dogwatch.store.embedded.locks import open_lock_file, take_exclusive, try_exclusive
from dogwatch.store.embedded.record import ServerRecord, read_record, record_of_this_process, write_record
from dogwatch.store.embedded.server_log import open_log, quote_log, shorten_log
from dogwatch.store.embedded.sockets import clear_socket_folder, make_socket_folder, remove_socket_folder
from dogwatch.store.embedded.spawn import Surroundings, program_line, start_program
from dogwatch.store.embedded.stopping import IMMEDIATE_STOP_SECONDS, has_ended, stop_server, wait_for_orphans
from dogwatch.store.embedded.view import plan_view

_READY_PAUSE_SECONDS = 0.01
_LOG_CHECK_SECONDS = 60.0  # how often the log's length is looked at; a minute's lines are the most it can be over
_RECORD, _LOG = Path("server.json"), Path("postgres.log")


class _Abandoned(Exception):  # noqa: N818  not an error: the users left while the server was starting
    """The last user is gone before the server was ready."""


def main(arguments: list[str]) -> None:
    """Bring the server up, or take over a living one; then watch until the last user is gone.

    Args:
        arguments: the private folder. The descriptor of the guardian lock is inherited, its number comes second.
    """
    if os.fork():
        os._exit(0)  # the user's process has no child to wait for
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.SIG_IGN)
    os.set_inheritable(int(arguments[1]), False)  # held by this process until it ends, and by no other
    try:
        guard(open_layout(Path(arguments[0])))
    except _Abandoned:
        return
    except DogwatchError as error:
        _report({"error": type(error).__name__, **error.fields})
    except Exception as error:
        _report({"error": "StoreUnavailableError", "reason": f"cannot start: {type(error).__name__}: {error}"})


def guard(layout: Layout) -> None:
    """Do the guardian's work, from start to end."""
    users_lock = open_lock_file(layout.users_lock, layout.user)
    server_lock = open_lock_file(layout.server_lock, layout.user)
    os.chdir(layout.folder)
    record = read_record(_RECORD)
    if record is None or not record.is_alive():
        record = _start(layout, users_lock, server_lock)
    os.close(server_lock)  # from here on held by the server's processes alone
    pidfd = _open_process(record)
    _report({"ready": record.pid})
    _watch(pidfd, users_lock)
    stop_server(record, layout.user.uid, _LOG)
    with suppress(ChildProcessError):  # taken over, not our child
        os.waitpid(record.pid, 0)
    remove_socket_folder(record.socket_folder, layout.folder)


def _start(layout: Layout, users_lock: int, server_lock: int) -> ServerRecord:
    binaries = find_binaries()
    view = plan_view(layout.user, (layout.folder, *binaries.folders))
    if os.getuid() == 0:
        # All files are made as the user who owns them, so that nothing this user puts there can lead root astray.
        os.setegid(layout.user.gid)
        os.seteuid(layout.user.uid)
    os.umask(0o077)
    log = open_log(_LOG)
    wait_for_orphans(server_lock, CLUSTER)
    around = Surroundings(layout.user, view, log, server_lock)
    make_ready_cluster(layout, binaries, around)
    socket_folder = make_socket_folder(layout.folder)
    configure_cluster(layout, socket_folder)
    disown_stale_pid_file()
    clear_socket_folder(socket_folder, layout.folder)
    offset = os.fstat(log).st_size
    pid = start_program(
        program_line(binaries.postgres, "-D", layout.cluster),
        around,
        before_exec=lambda: _write_own_record(layout, socket_folder),
    )
    os.close(log)
    _wait_until_ready(pid, users_lock, offset)
    record = read_record(_RECORD)
    if record is None or record.pid != pid:
        raise StoreUnavailableError(f"the server (process {pid}) has left no record in {layout.record}")
    return record


def _write_own_record(layout: Layout, socket_folder: str) -> None:
    """Run in the process that becomes the postmaster: there must be no moment with a server and without its record."""
    os.chdir(layout.folder)  # in the view; the guardian's own working folder is outside
    write_record(_RECORD, record_of_this_process(socket_folder))


def _wait_until_ready(pid: int, users_lock: int, offset: int) -> None:
    """Wait as long as the postmaster lives: recovery takes as long as it takes."""
    pidfd = os.pidfd_open(pid)
    while not says_ready(pid):
        if has_ended(pidfd, _READY_PAUSE_SECONDS):
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            raise StoreUnavailableError(f"the server ended with status {status}: {quote_log(_LOG, offset)}")
        if try_exclusive(users_lock):
            signal.pidfd_send_signal(pidfd, signal.SIGQUIT)  # nothing was written yet that needs good order
            has_ended(pidfd, IMMEDIATE_STOP_SECONDS)
            raise _Abandoned
    os.close(pidfd)


def _open_process(record: ServerRecord) -> int:
    try:
        pidfd = os.pidfd_open(record.pid)
    except ProcessLookupError:
        raise StoreUnavailableError("the server ended just now") from None
    if not record.is_alive():
        raise StoreUnavailableError("the server ended just now")
    return pidfd


def _watch(pidfd: int, users_lock: int) -> None:
    """Return when the server has ended, or when the users' lock is ours, hence nobody uses it."""
    reader, writer = os.pipe()

    def wait_for_users() -> None:
        take_exclusive(users_lock)
        os.write(writer, b"!")

    threading.Thread(target=wait_for_users, daemon=True).start()
    while not select.select([pidfd, reader], [], [], _LOG_CHECK_SECONDS)[0]:
        shorten_log(_LOG)


def _report(words: dict[str, object]) -> None:
    with suppress(OSError):  # the user who asked may be gone; others may be there
        os.write(1, (json.dumps(words, default=str) + "\n").encode())
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.close(nothing)


if __name__ == "__main__":
    main(sys.argv[1:])
    os._exit(0)  # a thread may still wait for the users' lock
