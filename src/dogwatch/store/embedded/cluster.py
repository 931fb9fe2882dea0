"""PostgreSQL's data folder: made whole or not at all, checked, configured.

All paths are relative to the private folder, which is the working folder of the `guardian`, its only caller; and all is
done as the server user.

Source:
    PostgreSQL 18 documentation: initdb; postgres, section on single-user mode; Database File Layout (PG_VERSION,
    postmaster.pid and its lines).
"""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from dogwatch.model.errors import ConfigError, StoreUnavailableError
from dogwatch.store.embedded.binaries import Binaries
from dogwatch.store.embedded.configuration import (
    OPERATOR_SETTINGS,
    OPERATOR_SETTINGS_TEXT,
    render_host_based_access,
    render_settings,
    render_user_map,
)
from dogwatch.store.embedded.layout import SETTING, Layout
from dogwatch.store.embedded.names import DATABASE_NAME, POSTGRESQL_MAJOR, ROLE_NAME, SUPERUSER_NAME
from dogwatch.store.embedded.server_log import quote_log
from dogwatch.store.embedded.spawn import Surroundings, program_line, run_program
from dogwatch.store.embedded.stopping import works_in

CLUSTER = Path("cluster")
_DRAFT_PREFIX = "initdb-"
_POSTMASTER_PID = CLUSTER / "postmaster.pid"
_STATUS_LINE = 7  # the eighth line, the first one being the process id
_INITDB_OPTIONS = (
    f"--username={SUPERUSER_NAME}",
    "--auth=peer",
    "--encoding=UTF8",
    # The same order of texts on every machine, and no dependence on the system's locales.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--data-checksums",
    "--no-instructions",
    "--set=log_checkpoints=off",
)
# In single-user mode a line is a statement. The role is no superuser: whoever gets hold of a connection of ours must
# not get the machine's files and programs with it, and our SQL must work where the operator gives us an ordinary role.
_FIRST_STATEMENTS = f"CREATE ROLE {ROLE_NAME} LOGIN CREATEDB\nCREATE DATABASE {DATABASE_NAME} OWNER {ROLE_NAME}\n"


def make_ready_cluster(layout: Layout, binaries: Binaries, around: Surroundings) -> None:
    """Make the cluster where there is none, and check the one that is there.

    It is made under another name and renamed when complete and on disk; what an interrupted attempt left is removed.

    Raises:
        ConfigError: the folder is another PostgreSQL's, or none at all.
        StoreUnavailableError: it cannot be made; with initdb's own words.
    """
    for leftover in Path().glob(_DRAFT_PREFIX + "*"):
        shutil.rmtree(leftover, ignore_errors=True)
    if CLUSTER.exists():
        _check_version(layout)
        return
    draft = Path(_DRAFT_PREFIX + secrets.token_hex(8))
    offset = os.fstat(around.log).st_size
    absolute = layout.folder / draft
    _run(program_line(binaries.initdb, "-D", absolute, *_INITDB_OPTIONS), around, layout, offset)
    single = program_line(binaries.postgres, "--single", "-D", absolute, "-c", "exit_on_error=on", SUPERUSER_NAME)
    _run(single, around, layout, offset, _FIRST_STATEMENTS)
    draft.rename(CLUSTER)
    _sync(Path())


def configure_cluster(layout: Layout, socket_folder: str) -> None:
    """Write PostgreSQL's three files of settings anew, so that a new Dogwatch brings its own; the operator's stays."""
    for name, text in (
        ("postgresql.conf", render_settings(socket_folder)),
        ("pg_hba.conf", render_host_based_access()),
        ("pg_ident.conf", render_user_map(layout.user.name)),
    ):
        draft = CLUSTER / f"{name}.new"
        draft.unlink(missing_ok=True)
        draft.write_text(text, encoding="utf-8")
        draft.replace(CLUSTER / name)
    own = Path(OPERATOR_SETTINGS)
    if not own.exists():
        own.write_text(OPERATOR_SETTINGS_TEXT, encoding="utf-8")


def disown_stale_pid_file() -> None:
    """Make a stale postmaster.pid harmless whose process id belongs to some other process by now.

    PostgreSQL refuses to start while a process of that id lives. It makes an exception for its own parent, so the file
    gets the id of the calling process, which is about to be just that. The rest of the file stays: by it
    PostgreSQL finds out for itself whether left-over processes still use the old shared memory.

    Raises:
        StoreUnavailableError: the process is a PostgreSQL at work in the cluster; somebody else has started it.
    """
    try:
        lines = _POSTMASTER_PID.read_text(encoding="utf-8").split("\n")
        pid = int(lines[0])
    except (OSError, ValueError):
        return
    if pid > 0 and works_in(pid, CLUSTER.stat()):
        raise StoreUnavailableError(
            f"process {pid}, not started by Dogwatch, is the server of its data folder; stop it"
        )
    lines[0] = str(os.getpid())
    _POSTMASTER_PID.write_text("\n".join(lines), encoding="utf-8")


def says_ready(pid: int) -> bool:
    """Say whether the postmaster of this process id has written that it takes connections."""
    try:
        lines = _POSTMASTER_PID.read_text(encoding="utf-8").split("\n")
    except OSError:
        return False
    return len(lines) > _STATUS_LINE and lines[0] == str(pid) and lines[_STATUS_LINE].strip() == "ready"


def _check_version(layout: Layout) -> None:
    try:
        version = (CLUSTER / "PG_VERSION").read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise ConfigError(SETTING, f"{layout.cluster} is not a data folder of PostgreSQL: {error}") from error
    if version != str(POSTGRESQL_MAJOR):
        raise ConfigError(
            SETTING,
            f"{layout.cluster} was made by PostgreSQL {version}, and this Dogwatch comes with {POSTGRESQL_MAJOR}; "
            "move the data over (pg_upgrade, or pg_dump and restore), or name another folder",
        )


def _run(arguments: list[str], around: Surroundings, layout: Layout, offset: int, text: str = "") -> None:
    status = run_program(arguments, around, text)
    if status != 0:
        words = quote_log(Path(layout.log.name), offset)
        raise StoreUnavailableError(f"cannot make the data folder in {layout.folder} (status {status}): {words}")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
