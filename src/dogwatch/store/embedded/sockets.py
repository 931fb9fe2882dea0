"""Where the server listens: in the private folder, or where that path is too long, in a private folder below /tmp.

The kernel takes 107 bytes for a socket's path. Not in /run/user: that folder goes away when its user logs out, and the
server may outlive this. Called by `guardian`, as the server user.

Source:
    Linux unix(7), Pathname sockets: sun_path is 108 bytes, with a terminating null byte.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import tempfile
from pathlib import Path

from dogwatch.store.embedded.names import PORT

SOCKET_PATH_BYTES = 107
# Relative to the private folder, which is the working folder: the way there may be closed to the server user.
_OWN = Path("socket")
_LONGEST_NAME = f"/.s.PGSQL.{PORT}.lock"  # beside the socket lies its lock file
# The setting is a list with quoting rules of its own; other paths are not worth the trouble.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_./@%+=:~-]+", re.ASCII)


def make_socket_folder(folder: Path, temporary: Path = Path("/tmp")) -> str:
    """Make the folder of the socket, and make sure that it is private.

    Args:
        folder: the private folder.
        temporary: where short names are to be had; others may write there.

    Returns:
        A path that fits and needs no quoting.

    Raises:
        OSError: it cannot be made.
    """
    own = folder / _OWN
    if _fits(own):
        _OWN.mkdir(mode=0o700, exist_ok=True)
        return str(own)
    short = temporary / f"dogwatch-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"
    try:
        short.mkdir(mode=0o700)
    except FileExistsError:
        if not _is_ours(short):  # somebody put something there: take a name that cannot be guessed
            return tempfile.mkdtemp(prefix="dogwatch-", dir=temporary)
    return str(short)


def renew_socket_folder(socket_folder: str, folder: Path) -> None:
    """Make sure that a folder that was made before is still there and private: the users know the server by it.

    Args:
        socket_folder: as `make_socket_folder` returned it.
        folder: the private folder.

    Raises:
        OSError: it cannot be made again, or somebody else has put something there.
    """
    own = Path(socket_folder).is_relative_to(folder)
    place = _OWN if own else Path(socket_folder)
    place.mkdir(mode=0o700, exist_ok=True)
    if not own and not _is_ours(place):
        raise FileExistsError(errno.EEXIST, "not a private folder of the server's user any more", socket_folder)


def clear_socket_folder(socket_folder: str, folder: Path) -> None:
    """Remove what a killed server has left; PostgreSQL would look at no more than whether the process id is taken.

    The caller holds the server lock, so there is no server to take it from.
    """
    own = Path(socket_folder).is_relative_to(folder)
    for leftover in (_OWN if own else Path(socket_folder)).glob(".s.PGSQL.*"):
        leftover.unlink(missing_ok=True)


def remove_socket_folder(socket_folder: str, folder: Path) -> None:
    """Remove a folder made below /tmp when the server has ended; quietly, for a stale one does no harm."""
    if not Path(socket_folder).is_relative_to(folder):
        try:
            os.rmdir(socket_folder)
        except OSError:
            return


def _fits(path: Path) -> bool:
    return len(os.fsencode(path)) + len(_LONGEST_NAME) <= SOCKET_PATH_BYTES and bool(_PLAIN_PATH.fullmatch(str(path)))


def _is_ours(path: Path) -> bool:
    status = path.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) == 0o700
