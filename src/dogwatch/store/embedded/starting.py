"""Start a server, from whatever an earlier one left behind to the moment that it takes connections.

Called by `guardian`, which becomes the server's parent: at first, and again each time it has died.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path

from dogwatch.model.errors import StoreUnavailableError
from dogwatch.store.embedded.binaries import find_binaries
from dogwatch.store.embedded.cluster import (
    CLUSTER,
    configure_cluster,
    disown_stale_pid_file,
    make_ready_cluster,
    says_ready,
)
from dogwatch.store.embedded.layout import Layout
from dogwatch.store.embedded.locks import open_lock_file
from dogwatch.store.embedded.record import ServerRecord, read_record, record_of_this_process, write_record
from dogwatch.store.embedded.server_log import open_log, quote_log
from dogwatch.store.embedded.sockets import clear_socket_folder, make_socket_folder, renew_socket_folder
from dogwatch.store.embedded.spawn import Surroundings, program_line, start_program
from dogwatch.store.embedded.stopping import IMMEDIATE_STOP_SECONDS, has_ended, wait_for_orphans
from dogwatch.store.embedded.users import LOOK_PAUSE_SECONDS, Users
from dogwatch.store.embedded.view import plan_view

RECORD, LOG = Path("server.json"), Path("postgres.log")  # in the working folder: the way there may be closed to us

_READY_PAUSE_SECONDS = 0.01


class AbandonedError(Exception):
    """The last user is gone before the server was ready."""


def start_server(layout: Layout, users: Users, socket_folder: str = "") -> ServerRecord:
    """Start a server, and wait until it takes connections, however long its recovery takes.

    Args:
        layout: where; its folder is the working folder.
        users: for whom.
        socket_folder: where it has to listen, as the one before did; chosen when empty.

    Returns:
        The record of the new postmaster, a child of the calling process.

    Raises:
        ConfigError: the operator has to act.
        StoreUnavailableError: it cannot be started; with its own words.
        AbandonedError: nobody is waiting for it any more.
        OSError: folders cannot be made, or files written.
    """
    if os.getuid() == 0:
        os.seteuid(0)  # given up by an earlier start; program and data may lie where only root may go
    with ExitStack() as held:
        binaries = find_binaries()
        view = plan_view(layout.user, (layout.folder, *binaries.folders))
        # Closed at the end: from then on the lock is held by the server's processes alone.
        server_lock = _keep_open(held, open_lock_file(layout.server_lock, layout.user))
        act_as_owner(layout)
        log = _keep_open(held, open_log(LOG))
        wait_for_orphans(server_lock, CLUSTER)
        around = Surroundings(layout.user, view, log, server_lock)
        make_ready_cluster(layout, binaries, around)
        if socket_folder:
            renew_socket_folder(socket_folder, layout.folder)
        else:
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
    _wait_until_ready(pid, users, offset)
    record = read_record(RECORD)
    if record is None or record.pid != pid:
        raise StoreUnavailableError(f"the server (process {pid}) has left no record in {layout.record}")
    return record


def act_as_owner(layout: Layout) -> None:
    """Make all files as the user who owns them, so that nothing this user puts there can lead root astray."""
    if os.getuid() == 0:
        os.setegid(layout.user.gid)
        os.seteuid(layout.user.uid)
    os.umask(0o077)


def _keep_open(held: ExitStack, descriptor: int) -> int:
    held.callback(os.close, descriptor)
    return descriptor


def _write_own_record(layout: Layout, socket_folder: str) -> None:
    """Run in the process that becomes the postmaster: there must be no moment with a server and without its record."""
    os.chdir(layout.folder)  # in the view; the guardian's own working folder is outside
    write_record(RECORD, record_of_this_process(socket_folder))


def _wait_until_ready(pid: int, users: Users, offset: int) -> None:
    """Wait as long as the postmaster lives and somebody wants it."""
    pidfd = os.pidfd_open(pid)
    look_at = time.monotonic()
    try:
        while not says_ready(pid):
            if has_ended(pidfd, _READY_PAUSE_SECONDS):
                status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                raise StoreUnavailableError(f"the server ended with status {status}: {quote_log(LOG, offset)}")
            if time.monotonic() < look_at:
                continue
            look_at = time.monotonic() + LOOK_PAUSE_SECONDS
            if users.are_gone():
                signal.pidfd_send_signal(pidfd, signal.SIGQUIT)  # nothing was written yet that needs good order
                has_ended(pidfd, IMMEDIATE_STOP_SECONDS)
                raise AbandonedError
    finally:
        os.close(pidfd)
