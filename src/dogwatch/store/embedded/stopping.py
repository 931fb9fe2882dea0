"""Stop a server in good order; end what a dead postmaster left behind.

Called by `server` (the last user to leave) and `guardian`. Nothing is ever signalled that is not known to be ours: the
postmaster by its record and its owner, left-over processes by the folder they work in.

Source:
    PostgreSQL 18 documentation, Shutting Down the Server: SIGTERM smart, SIGINT fast, SIGQUIT immediate shutdown.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from dogwatch.model.errors import StoreUnavailableError
from dogwatch.store.embedded.locks import try_exclusive
from dogwatch.store.embedded.record import ServerRecord
from dogwatch.store.embedded.server_log import tells_of_crash

# A fast shutdown writes what is in memory to disk. After this long we trust recovery rather than the shutdown.
FAST_STOP_SECONDS = 60.0
IMMEDIATE_STOP_SECONDS = 30.0
_CRASH_CHECK_SECONDS = 0.5  # a crash may come to light only after we have asked
# Left-over backends notice the death of their postmaster when they next wait for something, mostly at once.
_ORPHAN_STEPS = ((0.3, None), (1.0, signal.SIGTERM), (4.0, signal.SIGQUIT), (10.0, signal.SIGKILL))
_ORPHAN_PAUSE_SECONDS = 0.01


def stop_server(record: ServerRecord, owner_uid: int, log: Path) -> None:
    """Stop the postmaster of a record in good order, and wait until it has ended.

    A server that recovers from the crash of one of its processes is stopped at once instead. Recovery loses nothing by
    that; but PostgreSQL 18.4, asked for a fast shutdown then, waits for ever for helpers that it does not ask to end.

    Args:
        record: the postmaster; when it is gone already, nothing happens.
        owner_uid: who must own the process.
        log: the server's log, by a path that the caller can use.

    Raises:
        StoreUnavailableError: it does not end.
    """
    try:
        descriptor = os.pidfd_open(record.pid)
    except ProcessLookupError:
        return
    try:
        # Compared after opening: from here on the descriptor means this process and no later one of the same id.
        if not record.is_alive() or os.stat(f"/proc/{record.pid}").st_uid != owner_uid:
            return
        if _stops_in_good_order(descriptor, log):
            return
        signal.pidfd_send_signal(descriptor, signal.SIGQUIT)
        if has_ended(descriptor, IMMEDIATE_STOP_SECONDS):
            return
    except (FileNotFoundError, ProcessLookupError):
        return
    finally:
        os.close(descriptor)
    raise StoreUnavailableError(f"the embedded server (process {record.pid}) does not stop")


def _stops_in_good_order(pidfd: int, log: Path) -> bool:
    until = time.monotonic() + FAST_STOP_SECONDS
    while time.monotonic() < until and not tells_of_crash(log):
        signal.pidfd_send_signal(pidfd, signal.SIGINT)  # said again, it changes nothing
        if has_ended(pidfd, _CRASH_CHECK_SECONDS):
            return True
    return False


def has_ended(pidfd: int, seconds: float) -> bool:
    """Wait for the end of a process.

    Args:
        pidfd: a descriptor of the process.
        seconds: how long to wait.
    """
    return bool(select.select([pidfd], [], [], seconds)[0])


def wait_for_orphans(server_lock: int, cluster: Path) -> None:
    """Take the server lock, ending what a dead postmaster has left behind.

    Args:
        server_lock: descriptor of the lock's file.
        cluster: the folder that those processes work in.

    Raises:
        StoreUnavailableError: somebody holds the lock whom we cannot see or end.
    """
    started = time.monotonic()
    for until_seconds, wish in _ORPHAN_STEPS:
        if wish is not None:
            for pid in processes_in(cluster):
                _signal(pid, wish)
        while time.monotonic() - started < until_seconds:
            if try_exclusive(server_lock):
                return
            time.sleep(_ORPHAN_PAUSE_SECONDS)
    raise StoreUnavailableError(f"processes that cannot be ended from here still use {cluster} (another container?)")


def processes_in(cluster: Path) -> Iterator[int]:
    """Yield the ids of PostgreSQL's processes that work in a cluster: all of them make it their working folder."""
    try:
        wanted = cluster.stat()
    except OSError:
        return
    for entry in os.listdir("/proc"):
        if entry.isdecimal() and works_in(int(entry), wanted):
            yield int(entry)


def works_in(pid: int, folder: os.stat_result) -> bool:
    """Say whether a process is PostgreSQL's and its working folder is this one; no if that cannot be seen."""
    try:
        name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
        place = os.stat(f"/proc/{pid}/cwd")
    except OSError:
        return False
    return name == "postgres" and (place.st_dev, place.st_ino) == (folder.st_dev, folder.st_ino)


def _signal(pid: int, wish: signal.Signals) -> None:
    try:
        os.kill(pid, wish)
    except (ProcessLookupError, PermissionError):
        return
