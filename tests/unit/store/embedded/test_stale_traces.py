"""What an earlier life left in the folder is never mistaken for a server, and no foreign process is ever touched."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import psycopg
import pytest

from dogwatch.model.errors import StoreUnavailableError
from dogwatch.store.embedded import EmbeddedServer
from dogwatch.store.embedded.record import ServerRecord, read_record, record_of_this_process, started_ticks
from tests.unit.store.embedded.traces import Traces


@pytest.fixture
def used(data_folder: Path) -> EmbeddedServer:
    """Return a server that has run and stopped."""
    server = EmbeddedServer(data_folder)
    with server.session():
        pass
    return server


@pytest.fixture
def bystander(used: EmbeddedServer, traces: Traces) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a living process of the server's own user, the one that PostgreSQL would believe in."""
    owner = traces.folder.stat().st_uid
    with subprocess.Popen(["sleep", "600"], user=owner if os.geteuid() == 0 else None, cwd="/") as process:
        yield process
        process.kill()


def _works(server: EmbeddedServer) -> bool:
    with server.session() as address, psycopg.connect(address) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def _write_pid_file(traces: Traces, pid: int) -> None:
    cluster, socket = traces.folder / "cluster", traces.folder / "socket"
    text = f"{pid}\n{cluster}\n1700000000\n5432\n{socket}\n\n  1  1\nready   \n"
    (cluster / "postmaster.pid").write_text(text, encoding="utf-8")
    (socket / ".s.PGSQL.5432.lock").write_text(text, encoding="utf-8")
    (socket / ".s.PGSQL.5432").touch()
    owner = traces.folder.stat()
    for path in (cluster / "postmaster.pid", socket / ".s.PGSQL.5432.lock", socket / ".s.PGSQL.5432"):
        os.chown(path, owner.st_uid, owner.st_gid)


def _write_record(traces: Traces, record: ServerRecord) -> None:
    (traces.folder / "server.json").write_text(json.dumps(asdict(record)), encoding="utf-8")


def test_a_recycled_process_id_in_postmaster_pid_is_no_server_and_no_obstacle(
    used: EmbeddedServer, bystander: subprocess.Popen[bytes], traces: Traces
) -> None:
    _write_pid_file(traces, bystander.pid)
    assert _works(used)
    assert bystander.poll() is None
    assert traces.processes() == []


def test_a_recycled_process_id_in_our_record_is_no_server_and_is_not_signalled(
    used: EmbeddedServer, bystander: subprocess.Popen[bytes], traces: Traces
) -> None:
    ticks = started_ticks(bystander.pid)
    assert ticks is not None
    _write_pid_file(traces, bystander.pid)
    for stale in (
        replace(traces.record(), pid=bystander.pid, started_ticks=ticks - 1),
        replace(traces.record(), pid=bystander.pid, started_ticks=ticks, boot_id="another boot"),
    ):
        _write_record(traces, stale)
        assert not stale.is_alive()
        assert _works(used)
        assert bystander.poll() is None


def test_a_record_is_alive_exactly_while_its_process_lives(traces: Traces) -> None:
    with subprocess.Popen(["sleep", "600"]) as process:
        record = replace(record_of_this_process("/x"), pid=process.pid, started_ticks=started_ticks(process.pid) or 0)
        assert record.is_alive()
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # a zombie: its id is still taken
        assert not record.is_alive()
    assert not record.is_alive()


def test_a_damaged_record_counts_as_none(used: EmbeddedServer, traces: Traces) -> None:
    damaged = ["", "{", "[]", "null", "7", '{"pid": 1}', "\ufffd" * 10_000]
    damaged += [text.replace("pid", "pip") for text in [json.dumps(asdict(traces.record()))]]
    damaged += [json.dumps(asdict(traces.record()) | {"pid": value}) for value in ("1", -1, 0, True, None, 1.5)]
    for text in damaged:
        (traces.folder / "server.json").write_text(text, encoding="utf-8")
        assert read_record(traces.folder / "server.json") is None
    assert _works(used)


def test_files_of_an_earlier_life_are_survived(used: EmbeddedServer, traces: Traces) -> None:
    _write_pid_file(traces, 4_000_000)  # above the kernel's highest process id
    (traces.folder / "cluster" / "postmaster.opts").write_text("nonsense", encoding="utf-8")
    (traces.folder / "server.json.new").write_text("half", encoding="utf-8")
    (traces.folder / "cluster" / "postgresql.conf").write_text("nonsense", encoding="utf-8")
    (traces.folder / "cluster" / "postgresql.conf.new").write_text("half", encoding="utf-8")
    for name in ("users.lock", "start.lock", "guardian.lock", "server.lock"):
        (traces.folder / name).write_text("4000000", encoding="utf-8")
    leftover = traces.folder / "initdb-0123456789abcdef"
    leftover.mkdir()
    (leftover / "PG_VERSION").write_text("18\n", encoding="utf-8")
    owner = traces.folder.stat()
    os.chown(leftover, owner.st_uid, owner.st_gid)
    assert _works(used)
    assert not leftover.exists()


def test_a_postmaster_pid_without_a_number_is_postgresqls_own_affair_and_is_told(
    used: EmbeddedServer, traces: Traces
) -> None:
    _write_pid_file(traces, 0)
    (traces.folder / "cluster" / "postmaster.pid").write_text("not a number\n", encoding="utf-8")
    with pytest.raises(StoreUnavailableError, match=r"bogus data in lock file"), used.session():
        pass
    assert traces.processes() == []


def test_a_server_that_somebody_else_started_in_the_folder_is_left_alone(used: EmbeddedServer, traces: Traces) -> None:
    owner = traces.folder.stat()
    program = Path(_program(traces))
    with subprocess.Popen(
        [program, "-D", traces.folder / "cluster"],
        user=owner.st_uid if os.geteuid() == 0 else None,
        group=owner.st_gid if os.geteuid() == 0 else None,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
    ) as foreign:
        assert foreign.stderr is not None
        for line in foreign.stderr:
            if "ready to accept connections" in line:
                break
        with (
            pytest.raises(StoreUnavailableError, match=f"process {foreign.pid}, not started by Dogwatch"),
            used.session(),
        ):
            pass
        assert foreign.poll() is None
        foreign.terminate()


def _program(traces: Traces) -> str:
    return (traces.folder / "cluster" / "postmaster.opts").read_text(encoding="utf-8").split()[0]


def test_a_lost_socket_is_told_and_not_waited_for(
    data_folder: Path, traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dogwatch.store.embedded.server.SILENCE_SECONDS", 0.2)
    server = EmbeddedServer(data_folder)
    with server.session():
        (traces.folder / "socket" / ".s.PGSQL.5432").unlink()
        with pytest.raises(StoreUnavailableError, match="lives but does not answer"), server.session():
            pass
    assert traces.processes() == []
    assert _works(server)
