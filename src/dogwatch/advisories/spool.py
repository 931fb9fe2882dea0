"""Folders for what fetches bring, which do not outlive the fetch: not even one that was killed.

A folder is locked while it is in use. The kernel lifts the lock when the process ends, however it ends, so whoever can
lock a folder may delete it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dogwatch.advisories.source import Changes, FetchResult

_PREFIX = "fetch-"


@contextmanager
def spool_folder(parent: Path) -> Iterator[Path]:
    """Make a folder for the time of a block, and delete what killed fetches left beside it.

    Raises:
        OSError: the spool cannot be written.
    """
    parent.mkdir(parents=True, exist_ok=True)
    whole = os.open(parent, os.O_RDONLY)
    try:
        fcntl.flock(whole, fcntl.LOCK_EX)  # nobody deletes a folder between its making and its locking
        _delete_abandoned(parent)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        mine = os.open(folder, os.O_RDONLY)
        fcntl.flock(mine, fcntl.LOCK_EX)
    finally:
        os.close(whole)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(mine)


def _delete_abandoned(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except OSError:
            continue  # gone meanwhile, or not ours to read
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue  # in use
        else:
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(descriptor)


def fetch_into_folder(source: str, spool: Path, bring: Callable[[Path], FetchResult]) -> FetchResult:
    """Fetch into a folder of this fetch alone, which stays only where there is something to be read in it."""
    folder = Path(tempfile.mkdtemp(prefix=f"{source}-", dir=spool))
    result: FetchResult | None = None
    try:
        result = bring(folder)
        return result
    finally:
        if not isinstance(result, Changes):
            shutil.rmtree(folder, ignore_errors=True)
