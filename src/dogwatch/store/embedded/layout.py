"""Where everything of the embedded server lies, and who may touch it.

One private folder, `postgres`, inside the data folder. It belongs to the user the server runs as; nobody else enters it
but root. The folders above it are never changed. Called by `server` (in the user's process) and `guardian`.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dogwatch.model.errors import ConfigError
from dogwatch.store.embedded.server_user import ServerUser, choose_server_user, user_of

SETTING = "DOGWATCH_DATA"
PRIVATE_MODE = 0o700
# A data folder that root makes for the server user: it must pass through, and nobody else may.
ROOT_MADE_MODE = 0o750


@dataclass(frozen=True)
class Layout:
    """The paths below one private folder.

    Attributes:
        folder: `<data folder>/postgres`, absolute, without symbolic links.
        user: owner of the folder; PostgreSQL runs as this user.
    """

    folder: Path
    user: ServerUser

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.folder / "cluster"

    @property
    def log(self) -> Path:
        """What PostgreSQL says, newest last; the older part is beside it as `postgres.log.1`."""
        return self.folder / "postgres.log"

    @property
    def record(self) -> Path:
        """Which process the server is; see `record`."""
        return self.folder / "server.json"

    @property
    def users_lock(self) -> Path:
        """Held shared by every user, exclusively by whoever stops the server."""
        return self.folder / "users.lock"

    @property
    def start_lock(self) -> Path:
        """Held exclusively by the user who is bringing the server up."""
        return self.folder / "start.lock"

    @property
    def guardian_lock(self) -> Path:
        """Held by the guardian for its whole life."""
        return self.folder / "guardian.lock"

    @property
    def server_lock(self) -> Path:
        """Held by every process that works on the cluster, initdb and backends included."""
        return self.folder / "server.lock"


def prepare_layout(data_folder: Path) -> Layout:
    """Make the private folder where it is missing, and check that it is ours and private.

    Args:
        data_folder: the operator's data folder; made when missing, otherwise left exactly as it is.

    Returns:
        The layout, with the user that the server runs as.

    Raises:
        ConfigError: not on Linux; the folder cannot be made; others may write to it; it belongs to another user.
    """
    if not sys.platform.startswith("linux"):
        raise ConfigError(
            "DOGWATCH_DATABASE_URL",
            f"the embedded PostgreSQL needs Linux, this is {sys.platform}; give the address of a PostgreSQL server",
        )
    try:
        data = data_folder.absolute().resolve()
        made = _make_data_folder(data)
        folder = data / "postgres"
        user = choose_server_user(folder, data)
        if made and os.geteuid() == 0:
            os.chown(data, -1, user.gid)
            os.chmod(data, ROOT_MADE_MODE)
        _make_private(folder, user)
    except (OSError, RuntimeError) as error:
        raise ConfigError(SETTING, f"cannot use {data_folder}: {error}") from error
    return Layout(folder, user)


def open_layout(folder: Path) -> Layout:
    """Return the layout of a private folder that `prepare_layout` has made before.

    Raises:
        ConfigError: the folder is gone, or its owner has no name on this machine.
    """
    try:
        return Layout(folder, user_of(folder.lstat().st_uid))
    except OSError as error:
        raise ConfigError(SETTING, f"cannot use {folder}: {error}") from error


def _make_data_folder(data: Path) -> bool:
    if data.is_dir():
        if data.stat().st_mode & stat.S_IWOTH:
            raise ConfigError(SETTING, f"any user may write to {data}; name a folder inside it instead")
        return False
    data.parent.mkdir(parents=True, exist_ok=True)
    try:
        data.mkdir(mode=PRIVATE_MODE)
    except FileExistsError:
        if not data.is_dir():
            raise
        return False  # another process was quicker
    return True


def _make_private(folder: Path, user: ServerUser) -> None:
    with suppress(FileExistsError):
        folder.mkdir(mode=PRIVATE_MODE)
    owner = folder.lstat().st_uid
    if owner != user.uid and os.geteuid() != 0:
        name = user_of(owner).name
        raise ConfigError(SETTING, f"{folder} belongs to {name}, not to {user.name}; start as that user or as root")
    # By descriptor, and not through a symbolic link: what is changed is what was checked.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        names = os.listdir(descriptor)
        if names and "users.lock" not in names:
            raise ConfigError(SETTING, f"{folder} holds something that is not Dogwatch's; name another data folder")
        status = os.fstat(descriptor)
        if status.st_uid != user.uid:
            os.fchown(descriptor, user.uid, user.gid)
        if stat.S_IMODE(status.st_mode) != PRIVATE_MODE:
            os.fchmod(descriptor, PRIVATE_MODE)
    finally:
        os.close(descriptor)
