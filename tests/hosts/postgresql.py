"""PostgreSQL as operators run it: a TCP server with passwords, and an ordinary role that owns one database.

The programs are those that come with the embedded server, in a copy that the server's user can read.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from dogwatch.store.embedded.binaries import find_binaries
from tests.hosts.networks import Host, standing_on
from tests.waiting import PATIENCE_SECONDS

ROLE, PASSWORD = "watcher", "pass:word\\1"
"""An ordinary role's, with what has to be escaped in a password file."""

_SUPERUSER_PASSWORD = "s3cret"
_NOBODY = "65534"
_SETTINGS = "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\nunix_socket_directories = ''\n"


@dataclass(frozen=True)
class PostgresServer:
    """A running server. `superuser` is an address for the test alone."""

    host: Host
    superuser: str
    programs: Path

    def create_database(self, name: str) -> str:
        """Make a database that the ordinary role owns; returns its address, without the password."""
        self.execute(f"CREATE DATABASE {name} OWNER {ROLE}")
        return self.address(name)

    def address(self, name: str) -> str:
        """Return a database's address for the ordinary role, without the password."""
        return f"postgresql://{ROLE}@{self.host.address}/{name}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Execute something as the superuser."""
        with self.connect(database) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def connect(self, database: str) -> psycopg.Connection:
        """Connect as the superuser, from the server's own host."""
        with standing_on(self.host):
            return psycopg.connect(self.superuser, dbname=database, autocommit=True)


@contextmanager
def running_postgres(host: Host, folder: Path) -> Iterator[PostgresServer]:
    """Run a server on a host.

    Args:
        host: where.
        folder: one that every user may pass through; the server's own is made in it.
    """
    programs = _copy_programs(folder)
    data = _own_folder(folder / "data")
    password = folder / "superuser"
    password.write_text(_SUPERUSER_PASSWORD, encoding="ascii")
    options = ["--auth=scram-sha-256", "--username=postgres", f"--pwfile={password}", "--encoding=UTF8"]
    _as_nobody([str(programs / "initdb"), "-D", str(data), "--locale=C.UTF-8", "--no-sync", *options])
    with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write(_SETTINGS)
    with (data / "pg_hba.conf").open("a", encoding="utf-8") as file:
        file.write("host all,replication all samenet scram-sha-256\n")
    with _running(PostgresServer(host, _superuser(host), programs), data) as server:
        server.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'")
        yield server


@contextmanager
def running_standby(primary: PostgresServer, host: Host, folder: Path) -> Iterator[PostgresServer]:
    """Run a standby of a server on a host; it can only be read.

    Args:
        primary: what it follows.
        host: where.
        folder: one that every user may pass through; the server's own is made in it.
    """
    data = _own_folder(folder / "standby")
    source = make_conninfo(primary.superuser)
    copy = [str(primary.programs / "pg_basebackup"), "-d", source, "-D", str(data), "-R", "-c", "fast", "--no-sync"]
    _as_nobody(copy, host.command())
    with _running(PostgresServer(host, _superuser(host), primary.programs), data) as server:
        yield server


@contextmanager
def _running(server: PostgresServer, data: Path) -> Iterator[PostgresServer]:
    log = data.with_suffix(".log")
    options = ["-D", str(data), "-c", f"listen_addresses={server.host.address}"]
    command = server.host.command(*_dropping_rights(), str(server.programs / "postgres"), *options)
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/")
    try:
        _wait_until_up(server, process, log)
        yield server
    finally:
        process.send_signal(signal.SIGINT)  # fast: whoever is connected is sent away
        process.wait()


def write_password_file(path: Path) -> Path:
    """Write the ordinary role's password where libpq looks for it (PGPASSFILE)."""
    escaped = PASSWORD.replace("\\", "\\\\").replace(":", "\\:")
    path.write_text(f"*:*:*:{ROLE}:{escaped}\n", encoding="ascii")
    path.chmod(0o600)
    return path


def _copy_programs(folder: Path) -> Path:
    """Copy the server's programs with their libraries, side by side as they were; returns the folder of programs."""
    found = find_binaries()
    for each in found.folders:
        shutil.copytree(each, folder / "programs" / each.name, ignore=shutil.ignore_patterns("*.py", "pginstall1[!8]"))
    package = found.folders[0]
    return folder / "programs" / package.name / found.postgres.parent.relative_to(package)


def _own_folder(path: Path) -> Path:
    path.mkdir(mode=0o700)
    os.chown(path, int(_NOBODY), int(_NOBODY))
    return path


def _superuser(host: Host) -> str:
    return make_conninfo(host=host.address, user="postgres", password=_SUPERUSER_PASSWORD, connect_timeout=60)


def _dropping_rights() -> list[str]:
    return ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]


def _as_nobody(command: Sequence[str], where: Sequence[str] = ()) -> None:
    done = subprocess.run([*where, *_dropping_rights(), *command], capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


def _wait_until_up(server: PostgresServer, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            server.execute("SELECT 1")
            return
        except psycopg.OperationalError as refused:
            problem = f"{refused}: {log.read_text(encoding='utf-8')}"
        assert process.poll() is None, problem
        assert time.monotonic() < deadline, problem
        time.sleep(0.1)
