"""Sharing one server: who starts it, who stops it, and what is inside."""

from __future__ import annotations

import json
import os
import signal
from contextlib import ExitStack
from pathlib import Path

import psycopg

from dogwatch.store.embedded import EmbeddedServer
from tests.unit.store.embedded.traces import Traces
from tests.unit.store.embedded.user_process import user_process
from tests.waiting import PATIENCE_SECONDS


def test_a_session_gives_a_database_with_the_promised_properties(data_folder: Path) -> None:
    with EmbeddedServer(data_folder).session() as address, psycopg.connect(address) as connection:
        query = "SELECT current_setting(name) FROM unnest(%s::text[]) WITH ORDINALITY AS t(name, n) ORDER BY n"
        names = ["server_encoding", "data_checksums", "timezone", "listen_addresses", "synchronous_commit", "fsync"]
        settings = [row[0] for row in connection.execute(query, (names,))]
        about = connection.execute(
            "SELECT current_database(), current_user, rolsuper, rolcreatedb, datlocprovider, datlocale"
            " FROM pg_database, pg_roles WHERE datname = current_database() AND rolname = current_user"
        ).fetchone()
    assert settings == ["UTF8", "on", "UTC", "", "on", "on"]
    assert about == ("dogwatch", "dogwatch", False, True, "b", "C.UTF-8")


def test_data_survive_from_session_to_session(data_folder: Path) -> None:
    with EmbeddedServer(data_folder).session() as address, psycopg.connect(address) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with EmbeddedServer(data_folder).session() as address, psycopg.connect(address) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchall() == [(42,)]


def test_leaving_the_only_session_has_stopped_everything(data_folder: Path, traces: Traces) -> None:
    with EmbeddedServer(data_folder).session():
        assert traces.record().is_alive()
    assert traces.processes() == []
    assert traces.is_shut_down()
    assert sorted(path.name for path in (traces.folder / "socket").iterdir()) == []


def test_processes_share_one_server_and_the_last_to_leave_stops_it(data_folder: Path, traces: Traces) -> None:
    with user_process(data_folder) as first, user_process(data_folder) as second:
        assert first.wait_until_in() == second.wait_until_in() != ""
        postmaster = traces.record()
        assert first.leave() == 0
        assert second.execute("SELECT 1") == "[[1]]"
        assert traces.record() == postmaster
        assert second.leave() == 0
    assert traces.processes() == []
    assert traces.is_shut_down()


def test_many_who_start_at_the_same_moment_get_the_same_server(data_folder: Path, traces: Traces) -> None:
    with ExitStack() as stack:
        users = [stack.enter_context(user_process(data_folder)) for _ in range(6)]
        addresses = {user.wait_until_in() for user in users}
        assert len(addresses) == 1
        starts = {user.execute("SELECT pg_postmaster_start_time()") for user in users}
        assert len(starts) == 1
        for user in users:
            assert user.leave() == 0
    traces.wait_for_end("the server stops")
    assert traces.is_shut_down()


def test_sessions_inside_one_process_count_one_by_one(data_folder: Path, traces: Traces) -> None:
    server = EmbeddedServer(data_folder)
    with server.session() as outer:
        with server.session() as inner:
            assert inner == outer
        with psycopg.connect(outer) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    assert traces.processes() == []


def test_coming_and_going_never_meets_a_server_that_is_stopping(data_folder: Path) -> None:
    def use_it(times: int) -> None:
        for _ in range(times):
            with EmbeddedServer(data_folder).session() as address, psycopg.connect(address) as connection:
                connection.execute("SELECT 1")

    children = []
    for _ in range(3):
        child = os.fork()
        if child == 0:
            try:
                use_it(10)
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]


def test_an_interrupt_at_the_terminal_ends_the_user_and_not_the_server(data_folder: Path, traces: Traces) -> None:
    with user_process(data_folder) as interrupted, user_process(data_folder) as other:
        interrupted.wait_until_in()
        other.wait_until_in()
        postmaster = traces.record()
        os.killpg(interrupted.process.pid, signal.SIGINT)
        assert interrupted.process.wait(PATIENCE_SECONDS) == 0
        assert other.execute("SELECT 1") == "[[1]]"
        assert traces.record() == postmaster
        assert postmaster.is_alive()


def test_an_interrupt_lets_the_last_session_end_in_good_order(data_folder: Path, traces: Traces) -> None:
    with user_process(data_folder) as user:
        user.wait_until_in()
        os.killpg(user.process.pid, signal.SIGINT)
        assert user.process.wait(PATIENCE_SECONDS) == 0
    assert traces.processes() == []
    assert traces.is_shut_down()


def test_a_user_who_is_told_to_end_leaves_a_server_that_ends_in_good_order(data_folder: Path, traces: Traces) -> None:
    with user_process(data_folder) as user:
        user.wait_until_in()
        user.process.terminate()
        assert user.process.wait(PATIENCE_SECONDS) == -signal.SIGTERM
    traces.wait_for_end("the server stops")
    assert traces.is_shut_down()


def test_the_callers_environment_does_not_reach_the_server(data_folder: Path) -> None:
    prefix = ("env", "PGDATA=/nonexistent", "PGPORT=1", "PGTZ=Asia/Tokyo", "LC_ALL=tr_TR.UTF-8", "TZ=Asia/Tokyo")
    with user_process(data_folder, prefix=prefix) as user:
        assert user.wait_until_in().startswith("postgresql://dogwatch@/dogwatch?host=")
        assert json.loads(user.execute("SELECT boot_val, reset_val FROM pg_settings WHERE name = 'log_timezone'")) == [
            ["GMT", "UTC"]
        ]


def test_a_caller_in_the_background_whose_signals_are_ignored_has_a_server_that_can_be_told_to_end_at_once(
    data_folder: Path, traces: Traces
) -> None:
    with user_process(data_folder, prefix=("sh", "-c", 'trap "" INT QUIT; exec "$@"', "sh")) as user:
        user.wait_until_in()
        status = Path(f"/proc/{traces.guardian()}/status").read_text(encoding="utf-8")
        ignored = int(next(line for line in status.splitlines() if line.startswith("SigIgn:")).split()[1], 16)
        assert [one for one in (signal.SIGINT, signal.SIGQUIT) if ignored >> (one - 1) & 1] == [signal.SIGINT]
