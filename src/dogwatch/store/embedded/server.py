"""The embedded server as its users see it: enter a session, get an address, leave.

Called by `app` and the tests. How it works is told in the package's own docstring.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from dogwatch.model.errors import ConfigError, StoreUnavailableError
from dogwatch.store.embedded.answer import Readiness, ask_readiness
from dogwatch.store.embedded.launch import launch_guardian
from dogwatch.store.embedded.layout import SETTING, Layout, prepare_layout
from dogwatch.store.embedded.locks import (
    is_locked,
    lock_file,
    open_lock_file,
    release,
    take_exclusive,
    take_shared,
    try_exclusive,
    try_shared,
)
from dogwatch.store.embedded.names import DATABASE_NAME, PORT, ROLE_NAME
from dogwatch.store.embedded.record import ServerRecord, pid_namespace, read_record
from dogwatch.store.embedded.server_log import quote_log
from dogwatch.store.embedded.stopping import stop_server

_PAUSE_SECONDS = 0.02
# A server answers milliseconds after its start, if only that it is recovering. Silence means a lost socket or a stopped
# process.
SILENCE_SECONDS = 20.0
# A server that has died is back within a guardian's longest pause (30 s), the end of left-over processes (10 s), and a
# little more. Where there is no process after so long a wait, none can be started, and the log says why.
RETURN_SECONDS = 60.0
# A guardian whose server has ended needs milliseconds to end itself; a suspended one is not worth a hanging command.
_GUARDIAN_END_SECONDS = 5.0


class EmbeddedServer:
    """A PostgreSQL server of our own, in a folder, shared by all processes that have a session."""

    def __init__(self, data_folder: Path) -> None:
        """Name the folder; nothing happens yet.

        Args:
            data_folder: the operator's data folder. The server keeps to `postgres` inside it.
        """
        self._data_folder = data_folder

    @contextmanager
    def session(self) -> Iterator[str]:
        """Use the server for the length of a block; the last user of all processes who leaves stops it.

        It is started if it does not run, and waited for without limit while it recovers from a crash. A user
        that dies without leaving counts as having left.

        Yields:
            The address of database `dogwatch`, as a URI for libpq; its role may create further databases.

        Raises:
            ConfigError: the operator has to act: folder, rights, version, platform.
            StoreUnavailableError: the server cannot be started; with the last lines of its log.
        """
        layout = prepare_layout(self._data_folder)
        users_lock = open_lock_file(layout.users_lock, layout.user)
        try:
            take_shared(users_lock)  # waits for a stop that is under way
            try:
                yield _address(_join(layout))
            finally:
                _leave(layout, users_lock)
        finally:
            os.close(users_lock)


def _address(record: ServerRecord) -> str:
    return f"postgresql://{ROLE_NAME}@/{DATABASE_NAME}?host={quote(record.socket_folder, safe='')}&port={PORT}"


def _join(layout: Layout) -> ServerRecord:
    """Return the record of a server that takes connections and has a guardian, starting what is missing."""
    record = _find_serving(layout)
    if record is not None and is_locked(layout.guardian_lock, layout.user):
        return record
    with lock_file(layout.start_lock, layout.user) as start_lock:
        take_exclusive(start_lock)
        since = time.monotonic()
        while True:
            if _launch_if_unguarded(layout):
                since = time.monotonic()
            record = _find_serving(layout)
            if record is not None:
                return record
            _refuse_other_container(layout)
            waited_seconds = time.monotonic() - since
            if waited_seconds > SILENCE_SECONDS:
                _refuse_silence(layout)
            if waited_seconds > RETURN_SECONDS:
                _refuse_absence(layout)
            time.sleep(_PAUSE_SECONDS)


def _launch_if_unguarded(layout: Layout) -> bool:
    guardian_lock = open_lock_file(layout.guardian_lock, layout.user)
    try:
        if not try_exclusive(guardian_lock):
            return False
        launch_guardian(layout, guardian_lock)
        return True
    finally:
        os.close(guardian_lock)  # closed, not released: the guardian holds the same lock through its own descriptor


def _find_serving(layout: Layout) -> ServerRecord | None:
    """Return the record if its very process lives and answers."""
    record = read_record(layout.record)
    if record is None or not record.is_alive():
        return None
    answer = ask_readiness(record.socket_folder)
    if answer.readiness is Readiness.REFUSED:
        raise StoreUnavailableError(f"the embedded server refuses the connection: {answer.words}")
    return record if answer.readiness is Readiness.READY else None


def _refuse_silence(layout: Layout) -> None:
    """Give up on a server that lives and says nothing at all; one that says it is recovering is waited for."""
    record = read_record(layout.record)
    if record is not None and record.is_alive() and ask_readiness(record.socket_folder).readiness is Readiness.SILENT:
        raise StoreUnavailableError(
            f"the embedded server (process {record.pid}) lives but does not answer in {record.socket_folder}; "
            "stop all other users of it, or that process"
        )


def _refuse_absence(layout: Layout) -> None:
    """Give up on a server that has died and whose guardian tries in vain; one that lives may take its time."""
    record = read_record(layout.record)
    if record is None or not record.is_alive():
        words = quote_log(layout.log, 0)
        raise StoreUnavailableError(f"the embedded server has died and cannot be started again: {words}")


def _refuse_other_container(layout: Layout) -> None:
    record = read_record(layout.record)
    if record is not None and record.pid_namespace != pid_namespace() and is_locked(layout.guardian_lock, layout.user):
        raise ConfigError(
            SETTING,
            f"the embedded server in {layout.folder} is in use by another container; "
            "to share a database between containers, set DOGWATCH_DATABASE_URL",
        )


def _leave(layout: Layout, users_lock: int) -> None:
    """Let go of the server; stop it when nobody else holds on to it, and wait until that is done.

    When two leave at the very same moment each may take the other for a user who stays. Then the guardian stops it.
    """
    try:
        if try_exclusive(users_lock):
            record = read_record(layout.record)
            if record is not None:
                stop_server(record, layout.user.uid, layout.log)
            _wait_for_guardian(layout)
        elif not try_shared(users_lock):
            take_shared(users_lock)  # the guardian was quicker and is stopping it
    finally:
        release(users_lock)


def _wait_for_guardian(layout: Layout) -> None:
    until = time.monotonic() + _GUARDIAN_END_SECONDS
    while is_locked(layout.guardian_lock, layout.user) and time.monotonic() < until:
        time.sleep(_PAUSE_SECONDS / 10)
