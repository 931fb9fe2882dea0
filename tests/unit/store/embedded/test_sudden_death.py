"""Whatever is killed, whenever: the data are safe, nothing runs on for ever, and the next session works."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from dogwatch.store.embedded import EmbeddedServer
from dogwatch.store.embedded.stopping import FAST_STOP_SECONDS
from tests.processes import kill
from tests.unit.store.embedded.traces import Traces
from tests.unit.store.embedded.user_process import UserProcess, user_process
from tests.waiting import wait_until

_ROWS = 200_000


def _write_much(user: UserProcess) -> None:
    assert (
        user.execute(f"CREATE TABLE facts AS SELECT n, md5(n::text) AS text FROM generate_series(1, {_ROWS}) n") == "[]"
    )
    assert user.execute("CREATE INDEX ON facts (text)") == "[]"
    assert user.execute("UPDATE facts SET text = text || 'x'") == "[]"


def _count_facts(data_folder: Path) -> tuple[int, int]:
    with EmbeddedServer(data_folder).session() as address, psycopg.connect(address) as connection:
        row = connection.execute("SELECT count(*), count(*) FILTER (WHERE text LIKE '%x') FROM facts").fetchone()
    assert row is not None
    return row[0], row[1]


def test_the_only_user_is_killed_and_the_server_ends_in_good_order(data_folder: Path, traces: Traces) -> None:
    with user_process(data_folder) as user:
        user.wait_until_in()
        user.kill()
    traces.wait_for_end("the guardian stops the server")
    assert traces.is_shut_down()


def test_one_of_two_users_is_killed_and_the_other_notices_nothing(data_folder: Path, traces: Traces) -> None:
    with user_process(data_folder) as killed, user_process(data_folder) as other:
        killed.wait_until_in()
        other.wait_until_in()
        postmaster = traces.record()
        killed.kill()
        time.sleep(0.2)  # were the guardian to count wrongly, it would stop the server now
        assert other.execute("SELECT 1") == "[[1]]"
        assert traces.record() == postmaster
        assert other.leave() == 0
    assert traces.processes() == []


def test_the_guardian_is_killed_and_the_last_user_stops_the_server_himself(data_folder: Path, traces: Traces) -> None:
    with user_process(data_folder) as user:
        user.wait_until_in()
        kill(traces.guardian())
        assert user.execute("SELECT 1") == "[[1]]"
        assert user.leave() == 0
    assert traces.processes() == []
    assert traces.is_shut_down()


def test_the_next_user_gives_a_server_without_guardian_a_new_one(data_folder: Path, traces: Traces) -> None:
    with user_process(data_folder) as first, user_process(data_folder) as second:
        first.wait_until_in()
        second.wait_until_in()
        postmaster, killed = traces.record(), traces.guardian()
        kill(killed)
        with user_process(data_folder) as third:
            third.wait_until_in()
            assert traces.record() == postmaster
            assert traces.guardian() != killed
            for user in (first, second, third):
                user.kill()
    traces.wait_for_end("the new guardian stops the server")
    assert traces.is_shut_down()


def test_guardian_and_user_are_killed_and_the_next_session_takes_the_server_over(
    data_folder: Path, traces: Traces
) -> None:
    with user_process(data_folder) as user:
        user.wait_until_in()
        _write_much(user)
        kill(traces.guardian())
        user.kill()
    postmaster = traces.record()
    assert postmaster.is_alive()
    assert _count_facts(data_folder) == (_ROWS, _ROWS)
    assert traces.record() == postmaster
    assert traces.processes() == []
    assert traces.is_shut_down()


def test_the_postmaster_is_killed_after_heavy_writes_and_every_committed_row_is_there(
    data_folder: Path, traces: Traces
) -> None:
    with user_process(data_folder) as user:
        user.wait_until_in()
        _write_much(user)
        killed = traces.record().pid
        kill(killed)
        # While the user who had it still counts: a session of another process starts a new server for both.
        assert _count_facts(data_folder) == (_ROWS, _ROWS)
        assert traces.record().pid != killed
        assert "automatic recovery in progress" in traces.log()
    traces.wait_for_end("the server stops")


def test_everything_is_killed_at_once_and_every_committed_row_is_there(data_folder: Path, traces: Traces) -> None:
    with user_process(data_folder) as user:
        user.wait_until_in()
        _write_much(user)
        kill(*traces.processes())
        user.kill()
        assert _count_facts(data_folder) == (_ROWS, _ROWS)
    assert traces.processes() == []
    assert traces.is_shut_down()


def test_backends_that_outlive_their_postmaster_are_ended_before_the_next_start(
    data_folder: Path, traces: Traces
) -> None:
    with user_process(data_folder) as user:
        user.wait_until_in()
        assert user.process.stdin is not None
        user.process.stdin.write("SELECT count(*) FROM generate_series(1, 10000000000)\n")  # busy: it waits for nothing
        user.process.stdin.flush()
        wait_until(lambda: _find(traces, b"SELECT") is not None, "the query runs")
        orphan = _find(traces, b"SELECT")
        assert orphan is not None
        kill(traces.record().pid)
        with EmbeddedServer(data_folder).session() as address, psycopg.connect(address) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
            assert not Path(f"/proc/{orphan}/cwd").exists()


def _find(traces: Traces, title: bytes) -> int | None:
    """Return the process of the server whose title holds a word."""
    for pid in traces.processes():
        with suppress(OSError):
            if title in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
    return None


def test_leaving_a_server_that_recovers_from_the_crash_of_one_of_its_processes_takes_no_time(
    data_folder: Path, traces: Traces
) -> None:
    for delay_seconds in (0.0, 0.02, 0.05, 0.1, 0.15):
        with EmbeddedServer(data_folder).session():
            wait_until(lambda: _find(traces, b"checkpointer") is not None, "the server is complete")
            checkpointer = _find(traces, b"checkpointer")
            assert checkpointer is not None
            kill(checkpointer)
            time.sleep(delay_seconds)
            started = time.monotonic()
        assert time.monotonic() - started < FAST_STOP_SECONDS / 2
        assert traces.processes() == []


@pytest.mark.parametrize("also_initdb", [True, False])
def test_initdb_is_interrupted_half_way_and_the_next_session_begins_anew(
    data_folder: Path, traces: Traces, also_initdb: bool
) -> None:
    with user_process(data_folder) as user:
        wait_until(lambda: any(traces.folder.glob("initdb-*/global")), "initdb is at work")
        kill(traces.guardian())
        if also_initdb:
            kill(*traces.processes())
        user.kill()
    assert not (traces.folder / "cluster").exists()
    with EmbeddedServer(data_folder).session() as address, psycopg.connect(address) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert list(traces.folder.glob("initdb-*")) == []
    assert traces.processes() == []


def test_the_user_who_starts_the_server_is_killed_while_it_starts(data_folder: Path, traces: Traces) -> None:
    with user_process(data_folder) as user:
        wait_until(lambda: any(traces.folder.glob("initdb-*")), "the guardian is at work")
        user.kill()
    traces.wait_for_end("the guardian gives up")
    with EmbeddedServer(data_folder).session() as address, psycopg.connect(address) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_user_waits_for_a_start_whose_starter_was_killed(data_folder: Path, traces: Traces) -> None:
    with user_process(data_folder) as starter, user_process(data_folder) as waiting:
        wait_until(lambda: any(traces.folder.glob("initdb-*")), "the guardian is at work")
        starter.kill()
        assert waiting.wait_until_in().startswith("postgresql://")
        assert waiting.leave() == 0


def test_recovery_may_take_its_time_and_everybody_waits(data_folder: Path, traces: Traces) -> None:
    with EmbeddedServer(data_folder).session():
        pass
    # A recovery that first asks an archive for more log, and waits long for the answer.
    seconds = 3
    (traces.folder / "settings.conf").write_text(
        f"wal_level = replica\nrestore_command = 'sleep {seconds}; false'\n", encoding="utf-8"
    )
    with EmbeddedServer(data_folder).session():
        pass
    signal_file = traces.folder / "cluster" / "recovery.signal"
    signal_file.touch()
    os.chown(signal_file, traces.folder.stat().st_uid, -1)
    started = time.monotonic()
    with user_process(data_folder) as first, user_process(data_folder) as second:
        addresses = {first.wait_until_in(), second.wait_until_in()}
        assert time.monotonic() - started > seconds
        assert len(addresses) == 1
        assert first.execute("SELECT 1") == second.execute("SELECT 1") == "[[1]]"


def test_a_process_that_was_forked_by_a_user_keeps_the_server_until_it_ends(data_folder: Path, traces: Traces) -> None:
    reader, writer = os.pipe()
    user = os.fork()
    if user == 0:
        with EmbeddedServer(data_folder).session():
            if os.fork() == 0:
                os.read(reader, 1)  # the child lives on, with the parent's lock
                os._exit(0)
            os._exit(1)  # and the parent dies without leaving
    os.waitpid(user, 0)
    time.sleep(0.2)
    assert traces.record().is_alive()
    os.write(writer, b"!")
    traces.wait_for_end("the server stops")
    assert traces.is_shut_down()


def test_programs_started_by_a_user_do_not_keep_the_server(data_folder: Path, traces: Traces) -> None:
    with EmbeddedServer(data_folder).session():
        program = subprocess.Popen(["sleep", "60"], close_fds=False)
    try:
        assert program.poll() is None
        assert traces.processes() == []
    finally:
        program.kill()
        program.wait()
