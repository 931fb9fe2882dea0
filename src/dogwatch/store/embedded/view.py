"""What the server user gets to see when root starts the server below folders that only root may enter, such as /root.

The modes of those folders are not ours to change. Instead the server gets a mount namespace of its own, in which each
of them is covered by an empty folder that holds nothing but the way to what the server needs. Paths stay the same,
nobody else sees a difference, and it is all gone with the server. Where that is not allowed (most containers), the
operator is told which folder is in the way. Called by `guardian` and, in the forked child, by `spawn`.

Source:
    Linux mount_namespaces(7), mount(2), unshare(2).
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dogwatch.model.errors import ConfigError
from dogwatch.store.embedded.server_user import ServerUser

_CLONE_NEWNS = 0x00020000
_MS_NOSUID_NODEV = 2 | 4
_MS_BIND = 4096
_MS_REC_PRIVATE = 16384 | (1 << 18)
_ANSWER_BYTES = 65536  # a path and a sentence


@dataclass(frozen=True)
class View:
    """Folders that are in the way, and the folders behind them that the server needs."""

    covered: tuple[Path, ...] = ()
    needed: tuple[Path, ...] = ()

    def enter(self) -> None:
        """Move the calling process into the view. For a forked child that is still root.

        Raises:
            OSError: the kernel does not allow it.
        """
        if not self.covered:
            return
        _call("unshare", _CLONE_NEWNS)
        _mount("none", "/", None, _MS_REC_PRIVATE, None)
        # Opened in the new namespace, before they are covered: the way back to them.
        descriptors = [os.open(folder, os.O_PATH | os.O_DIRECTORY) for folder in self.needed]
        for folder in self.covered:
            _mount("dogwatch", str(folder), "tmpfs", _MS_NOSUID_NODEV, "mode=0755,size=64k")
        os.umask(0o022)
        for folder, descriptor in zip(self.needed, descriptors, strict=True):
            folder.mkdir(parents=True, exist_ok=True)
            _mount(f"/proc/self/fd/{descriptor}", str(folder), None, _MS_BIND, None)
            os.close(descriptor)


def plan_view(user: ServerUser, needed: tuple[Path, ...]) -> View:
    """Find out by trying what the server user can reach, and how to get it to the rest.

    Args:
        user: who must be able to read `needed`.
        needed: folders, absolute and without symbolic links.

    Returns:
        The empty view when nothing is in the way (always so for an ordinary user's own server).

    Raises:
        ConfigError: a folder is in the way and this process may not cover it, or the user may not read it at all.
    """
    if os.getuid() != 0:
        return View()
    blocked, could_ask = _ask_as(user, View(), lambda: "\n".join(_first_blocked(path) for path in needed))
    if not could_ask:
        raise ConfigError("DOGWATCH_DATA", f"cannot become user {user.name} to run the server: {blocked}")
    covered = tuple(sorted({Path(line) for line in blocked.splitlines() if line}))
    behind = tuple(path for path in needed if any(path.is_relative_to(folder) for folder in covered))
    view = View(covered, behind)
    trouble, _ = _ask_as(user, view, lambda: "\n".join(_unreadable(path) for path in needed))
    if trouble.strip():
        folder = covered[0] if covered else needed[0]
        raise ConfigError(
            "DOGWATCH_DATA",
            f"the server runs as user {user.name}, who may not enter {folder} ({trouble.strip().splitlines()[0]}). "
            "Keep data and program where other users may pass through: set DOGWATCH_DATA to, say, /var/lib/dogwatch, "
            "and install to, say, /opt/dogwatch",
        )
    return view


def _first_blocked(path: Path) -> str:
    """Return the topmost folder on the way to the path that the caller may not pass through, or nothing."""
    for step in (*reversed(path.parents[:-1]), path):
        try:
            os.stat(step)
        except PermissionError:
            return str(step.parent)
    return ""


def _unreadable(path: Path) -> str:
    try:
        os.listdir(path)
    except OSError as error:
        return f"{path}: {error.strerror}"
    return ""


def _ask_as(user: ServerUser, view: View, question: Callable[[], str]) -> tuple[str, bool]:
    """Answer a question in a child process that is the user for good and sees the view; or say why it could not."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.seteuid(0)
            view.enter()
            become(user)
            os.write(writer, question().encode()[:_ANSWER_BYTES])
            os._exit(0)
        except BaseException as error:
            os.write(writer, str(error).encode()[:_ANSWER_BYTES])
        os._exit(1)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        answer = stream.read(_ANSWER_BYTES).decode()
    return answer, os.waitpid(child, 0)[1] == 0


def become(user: ServerUser) -> None:
    """Turn the calling process, which is root, into the user, with the user's groups and no way back."""
    os.initgroups(user.name, user.gid)
    os.setresgid(user.gid, user.gid, user.gid)
    os.setresuid(user.uid, user.uid, user.uid)


def _mount(source: str, target: str, kind: str | None, flags: int, options: str | None) -> None:
    texts = [None if text is None else os.fsencode(text) for text in (source, target, kind, options)]
    _call("mount", texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3])


def _call(name: str, *arguments: object) -> None:
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    if function(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
