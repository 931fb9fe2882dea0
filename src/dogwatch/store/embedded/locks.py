"""Locks the kernel keeps: `flock` on files of the private folder.

A lock is gone the moment the last process that holds it is gone, however it died; the files themselves mean nothing and
may stay for ever. Called by `server` and `guardian`.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dogwatch.model.errors import ConfigError
from dogwatch.store.embedded.server_user import ServerUser


def open_lock_file(path: Path, user: ServerUser) -> int:
    """Open a lock file, making it when missing.

    Args:
        path: the file, in a folder that `user` owns.
        user: to whom a new file is given when we are root, so that the user can open it later, too.

    Returns:
        A descriptor for the caller to close; it does not survive an exec.

    Raises:
        ConfigError: the file cannot be opened, or is not a regular file.
    """
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        try:
            descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
            if os.geteuid() == 0:
                os.fchown(descriptor, user.uid, user.gid)
        except FileExistsError:
            descriptor = os.open(path, flags)
    except OSError as error:
        raise ConfigError("DOGWATCH_DATA", f"cannot open {path}: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ConfigError("DOGWATCH_DATA", f"{path} is not a regular file; remove it")
    return descriptor


def take_exclusive(descriptor: int) -> None:
    """Wait until nobody else holds the lock, then hold it alone."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def take_shared(descriptor: int) -> None:
    """Wait until nobody holds the lock alone, then hold it with others."""
    fcntl.flock(descriptor, fcntl.LOCK_SH)


def try_exclusive(descriptor: int) -> bool:
    """Hold the lock alone if that is possible at once. A shared lock held before is lost either way."""
    return _try(descriptor, fcntl.LOCK_EX)


def try_shared(descriptor: int) -> bool:
    """Hold the lock with others if that is possible at once."""
    return _try(descriptor, fcntl.LOCK_SH)


def release(descriptor: int) -> None:
    """Let go, also for forked children that share the descriptor."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)


@contextmanager
def lock_file(path: Path, user: ServerUser) -> Iterator[int]:
    """Open a lock file for the length of a block; leaving it lets go of whatever was held."""
    descriptor = open_lock_file(path, user)
    try:
        yield descriptor
    finally:
        release(descriptor)
        os.close(descriptor)


def is_locked(path: Path, user: ServerUser) -> bool:
    """Say whether someone holds the lock alone at this moment."""
    with lock_file(path, user) as descriptor:
        return not try_shared(descriptor)


def _try(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True
