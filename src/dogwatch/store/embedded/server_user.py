"""The operating system's user that the embedded server runs as.

PostgreSQL refuses to run as root. An ordinary user's server runs as that user; root's runs as the owner of the data, or
as a system user of its own. Called by `layout`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dogwatch.model.errors import ConfigError

SYSTEM_USER = "dogwatch"


@dataclass(frozen=True)
class ServerUser:
    """A user of this machine, by name and numbers."""

    name: str
    uid: int
    gid: int


def user_of(uid: int) -> ServerUser:
    """Look a user up by number.

    Raises:
        ConfigError: the number has no name here; PostgreSQL identifies its clients by name and cannot work then.
    """
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise ConfigError(
            "DOGWATCH_DATA",
            f"user id {uid} has no name on this machine (see /etc/passwd), the embedded PostgreSQL needs one",
        ) from None
    return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def choose_server_user(folder: Path, data_folder: Path) -> ServerUser:
    """Say who the server runs as: ourselves, or when we are root, whoever owns the data already.

    Args:
        folder: the private folder, which need not exist.
        data_folder: the folder around it, which exists.

    Returns:
        A user that is not root; `dogwatch` is created when root needs it.

    Raises:
        ConfigError: the user has no name, or cannot be created.
    """
    if os.geteuid() != 0:
        return user_of(os.geteuid())
    for owned in (folder, data_folder):
        try:
            uid = owned.lstat().st_uid
        except FileNotFoundError:
            continue
        if uid != 0:
            return user_of(uid)
    return _system_user()


def _system_user() -> ServerUser:
    try:
        return _by_name()
    except KeyError:
        reason = _create_system_user()
    try:
        return _by_name()
    except KeyError:
        raise ConfigError(
            "DOGWATCH_DATA",
            f"PostgreSQL does not run as root, and the system user {SYSTEM_USER} cannot be created: {reason}",
        ) from None


def _by_name() -> ServerUser:
    entry = pwd.getpwnam(SYSTEM_USER)
    if entry.pw_uid == 0:
        raise ConfigError("DOGWATCH_DATA", f"the system user {SYSTEM_USER} has user id 0, and PostgreSQL refuses that")
    return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _create_system_user() -> str:
    """Create the user; the answer is the reason if that failed (someone else may have created it meanwhile)."""
    command = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if command is None:
        return "there is no useradd on this machine"
    arguments = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    done = subprocess.run(
        [command, *arguments, "--shell", "/usr/sbin/nologin", SYSTEM_USER], capture_output=True, text=True, check=False
    )
    return done.stderr.strip() or f"useradd ended with status {done.returncode}"
