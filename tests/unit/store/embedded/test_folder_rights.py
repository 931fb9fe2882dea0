"""Whose the folder is, who gets in, and that nobody else's folders are changed."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from dogwatch.model.errors import ConfigError
from dogwatch.store.embedded import EmbeddedServer
from dogwatch.store.embedded.layout import prepare_layout
from dogwatch.store.embedded.view import become
from tests.unit.store.embedded.traces import Traces
from tests.unit.store.embedded.user_process import user_process

requires_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="needs root: several users take part; run as root to try it"
)
NO_SYS_ADMIN = ("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _may_mount() -> bool:
    return os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0


def _as_somebody_else(question: Callable[[], str]) -> str:
    """Answer a question in a child process that belongs to user `daemon`."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            entry = pwd.getpwnam("daemon")
            os.setgroups([])
            os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
            os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)
            os.write(writer, question().encode())
        except BaseException as error:
            os.write(writer, f"{type(error).__name__}: {error}".encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as stream:
        answer = stream.read()
    os.waitpid(child, 0)
    return answer


def test_the_folder_is_private_and_no_folder_above_it_is_changed(roof: Path) -> None:
    above = roof / "a" / "b"
    above.mkdir(parents=True)
    (roof / "a").chmod(0o751)
    above.chmod(0o755)
    folders = [above, roof / "a", roof, Path("/tmp"), Path("/")]
    before = [(_mode(folder), folder.stat().st_uid, folder.stat().st_gid) for folder in folders]
    with EmbeddedServer(above / "data").session():
        assert _mode(above / "data" / "postgres") == 0o700
        assert _mode(above / "data") in (0o700, 0o750)
    assert [(_mode(folder), folder.stat().st_uid, folder.stat().st_gid) for folder in folders] == before


def test_a_data_folder_that_exists_stays_as_it_is(data_folder: Path) -> None:
    data_folder.mkdir()
    data_folder.chmod(0o755)
    (data_folder / "other.txt").write_text("kept", encoding="utf-8")
    with EmbeddedServer(data_folder).session():
        pass
    assert _mode(data_folder) == 0o755
    assert sorted(path.name for path in data_folder.iterdir()) == ["other.txt", "postgres"]


def test_an_opened_private_folder_is_closed_again(data_folder: Path) -> None:
    layout = prepare_layout(data_folder)
    with EmbeddedServer(data_folder).session():
        pass
    layout.folder.chmod(0o777)
    with EmbeddedServer(data_folder).session():
        assert _mode(layout.folder) == 0o700


def test_a_data_folder_that_anybody_may_write_to_is_refused(data_folder: Path) -> None:
    data_folder.mkdir()
    data_folder.chmod(0o1777)
    with pytest.raises(ConfigError, match="any user may write to"):
        prepare_layout(data_folder)
    assert list(data_folder.iterdir()) == []


def test_somebody_elses_postgres_folder_is_refused(data_folder: Path) -> None:
    (data_folder / "postgres").mkdir(parents=True)
    (data_folder / "postgres" / "data").mkdir()
    with pytest.raises(ConfigError, match="not Dogwatch's"):
        prepare_layout(data_folder)


def test_a_symbolic_link_in_the_place_of_the_private_folder_is_refused(data_folder: Path, roof: Path) -> None:
    (roof / "elsewhere").mkdir(mode=0o755)
    data_folder.mkdir(mode=0o755)
    (data_folder / "postgres").symlink_to(roof / "elsewhere")
    with pytest.raises(ConfigError, match="cannot use"):
        prepare_layout(data_folder)
    assert _mode(roof / "elsewhere") == 0o755


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_something_else_in_the_place_of_a_lock_file_is_refused(data_folder: Path, roof: Path, kind: str) -> None:
    layout = prepare_layout(data_folder)
    target = roof / "target"
    target.touch(mode=0o600)
    before = target.stat()
    match kind:
        case "link":
            layout.users_lock.symlink_to(target)
        case "pipe":
            os.mkfifo(layout.users_lock)
        case _:
            layout.users_lock.mkdir()
    with pytest.raises(ConfigError, match=r"users\.lock"), EmbeddedServer(data_folder).session():
        pass
    assert (target.stat().st_uid, target.stat().st_mode) == (before.st_uid, before.st_mode)


@requires_root
def test_another_user_of_the_machine_is_refused_even_when_the_folders_stand_open(
    data_folder: Path, traces: Traces
) -> None:
    def connect(role: str) -> str:
        try:
            with psycopg.connect(address.replace("dogwatch@", f"{role}@")):
                return "let in"
        except psycopg.OperationalError as error:
            return str(error)

    with EmbeddedServer(data_folder).session() as address:
        assert "Permission denied" in _as_somebody_else(lambda: connect("dogwatch"))
        data_folder.chmod(0o777)
        traces.folder.chmod(0o777)
        (traces.folder / "socket").chmod(0o777)
        (traces.folder / "socket" / ".s.PGSQL.5432").chmod(0o777)
        for role in ("dogwatch", "postgres", "daemon"):
            assert "Peer authentication failed" in _as_somebody_else(lambda role=role: connect(role))  # type: ignore[misc]
        # Nobody is the superuser, not even root.
        assert "Peer authentication failed" in connect("postgres")


@requires_root
def test_another_users_folder_is_refused_with_a_word_on_who_may(data_folder: Path) -> None:
    data_folder.mkdir(mode=0o755)
    data_folder.chmod(0o755)
    layout = prepare_layout(data_folder)
    answer = _as_somebody_else(lambda: str(prepare_layout(data_folder)))
    assert f"belongs to {layout.user.name}, not to daemon" in answer


@requires_root
def test_root_starts_the_server_of_whoever_owns_the_folder(roof: Path) -> None:
    data = roof / "data"
    data.mkdir(mode=0o700)
    entry = pwd.getpwnam("daemon")
    os.chown(data, entry.pw_uid, entry.pw_gid)
    with EmbeddedServer(data).session() as address:
        assert prepare_layout(data).user.name == "daemon"
        made = {path.stat().st_uid for path in (data / "postgres").rglob("*")}
        assert made == {entry.pw_uid}
        with psycopg.connect(address) as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("dogwatch",)

        def join() -> str:
            with EmbeddedServer(data).session() as joined, psycopg.connect(joined) as connection:
                return str(connection.execute("SELECT current_user").fetchone())

        assert _as_somebody_else(join) == "('dogwatch',)"


@pytest.mark.skipif(not _may_mount(), reason="needs root with the right to mount; run as root to try it")
def test_root_may_keep_the_data_where_only_root_may_go(roof: Path) -> None:
    closed = roof / "closed"
    closed.mkdir(mode=0o700)
    (closed / "beside").touch()
    data = closed / "deep" / "data"
    for _ in range(2):
        with EmbeddedServer(data).session() as address, psycopg.connect(address) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
            assert str(closed) not in Path("/proc/self/mounts").read_text(encoding="utf-8")
    assert _mode(closed) == 0o700
    assert sorted(path.name for path in closed.iterdir()) == ["beside", "deep"]


@requires_root
def test_without_the_right_to_mount_the_closed_folder_is_named(roof: Path) -> None:
    closed = roof / "closed"
    closed.mkdir(mode=0o700)
    with user_process(closed / "data", prefix=NO_SYS_ADMIN) as user:
        answer = user.wait_until_in()
    assert answer.startswith(
        f"ConfigError: DOGWATCH_DATA: the server runs as user dogwatch, who may not enter {closed} "
    )
    assert _mode(closed) == 0o700


@requires_root
def test_without_the_right_to_mount_an_open_folder_works(data_folder: Path) -> None:
    with user_process(data_folder, prefix=NO_SYS_ADMIN) as user:
        assert user.wait_until_in().startswith("postgresql://")
        assert user.leave() == 0


@requires_root
def test_becoming_the_server_user_leaves_no_way_back(data_folder: Path) -> None:
    user = prepare_layout(data_folder).user
    child = os.fork()
    if child == 0:
        become(user)
        try:
            os.seteuid(0)
        except PermissionError:
            os._exit(0 if os.getresuid() == (user.uid,) * 3 and 0 not in os.getgroups() else 2)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0


def test_the_server_is_never_roots(data_folder: Path, traces: Traces) -> None:
    with EmbeddedServer(data_folder).session():
        status = Path(f"/proc/{traces.record().pid}/status").read_text(encoding="utf-8")
    uids = next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1:]
    assert set(uids) == {str(traces.folder.stat().st_uid)}
    assert uids[0] != "0"
    assert sys.platform == "linux"
