"""A server that dies while it has users is started again for them, where it was; and only for them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from dogwatch.model.errors import StoreUnavailableError
from dogwatch.store.embedded import EmbeddedServer
from dogwatch.store.embedded.record import ServerRecord
from dogwatch.store.embedded.restarts import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    SETTLED_SECONDS,
    RestartPauses,
)
from dogwatch.store.embedded.server import RETURN_SECONDS
from tests.processes import kill, suspended
from tests.unit.store.embedded.traces import Traces
from tests.unit.store.embedded.user_process import user_process
from tests.waiting import wait_until


def _kill_postmaster(traces: Traces) -> ServerRecord:
    killed = traces.record()
    kill(killed.pid)
    return killed


def _answers(address: str) -> bool:
    try:
        with psycopg.connect(address, connect_timeout=5) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def _wait_for_another(traces: Traces, killed: ServerRecord, address: str) -> None:
    wait_until(lambda: traces.record().pid != killed.pid and _answers(address), "the server is there again")


def test_a_killed_postmaster_is_replaced_at_the_same_address_and_what_was_committed_is_there(
    data_folder: Path, traces: Traces
) -> None:
    with EmbeddedServer(data_folder).session() as address:
        (traces.folder / "settings.conf").write_text("work_mem = 9MB\n", encoding="utf-8")
        with psycopg.connect(address) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        killed, guardian = _kill_postmaster(traces), traces.guardian()
        _wait_for_another(traces, killed, address)
        with psycopg.connect(address) as connection:
            assert connection.execute("SELECT answer, current_setting('work_mem') FROM kept").fetchall() == [
                (42, "9MB")
            ]
        assert traces.guardian() == guardian
        with EmbeddedServer(data_folder).session() as joined:
            assert joined == address
        assert f"(process {killed.pid}) ended by signal 9; starting it again" in traces.log()
    assert traces.processes() == []
    assert traces.is_shut_down()


def test_a_server_far_below_keeps_its_short_address(roof: Path) -> None:
    data = roof / ("deep" * 20) / ("deeper" * 10)
    data.parent.mkdir(mode=0o755)
    traces = Traces(data)
    with EmbeddedServer(data).session() as address:
        killed = _kill_postmaster(traces)
        assert not Path(killed.socket_folder).is_relative_to(roof)
        _wait_for_another(traces, killed, address)
        assert traces.record().socket_folder == killed.socket_folder
    assert traces.processes() == []
    assert not Path(killed.socket_folder).exists()


def test_a_server_that_is_told_to_stop_while_it_has_users_comes_back(data_folder: Path, traces: Traces) -> None:
    for one in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        with EmbeddedServer(data_folder).session() as address:
            ended = traces.record()
            os.kill(ended.pid, one)
            _wait_for_another(traces, ended, address)
    assert traces.processes() == []


def test_the_next_death_waits_for_its_start_and_the_server_comes_back_each_time(
    data_folder: Path, traces: Traces
) -> None:
    with EmbeddedServer(data_folder).session() as address:
        for _ in range(3):
            _wait_for_another(traces, _kill_postmaster(traces), address)
    pauses = [line.rpartition(" in ")[2] for line in traces.log().splitlines() if "guardian: " in line]
    assert pauses == ["0 s", f"{FIRST_PAUSE_SECONDS:g} s", f"{2 * FIRST_PAUSE_SECONDS:g} s"]


def test_a_server_that_its_killed_guardian_left_to_a_new_one_is_started_again(
    data_folder: Path, traces: Traces
) -> None:
    with EmbeddedServer(data_folder).session() as address:
        kill(traces.guardian())
        with EmbeddedServer(data_folder).session():
            taken_over = _kill_postmaster(traces)
            _wait_for_another(traces, taken_over, address)
        assert _answers(address)
    assert traces.processes() == []
    assert traces.is_shut_down()


def test_postmaster_and_only_user_are_killed_and_nothing_is_started_again(data_folder: Path, traces: Traces) -> None:
    with user_process(data_folder) as user:
        user.wait_until_in()
        user.process.send_signal(signal.SIGSTOP)  # so that it cannot leave in between
        with suspended(traces.guardian()):
            killed = _kill_postmaster(traces)
            user.kill()
    traces.wait_for_end("the guardian ends")
    assert traces.record() == killed


def test_who_leaves_while_the_server_comes_back_is_not_held_up_and_leaves_nothing(
    data_folder: Path, traces: Traces
) -> None:
    for delay_seconds in (0.0, 0.02, 0.05, 0.1, 0.2):
        with EmbeddedServer(data_folder).session():
            _kill_postmaster(traces)
            time.sleep(delay_seconds)
            started = time.monotonic()
        assert time.monotonic() - started < RETURN_SECONDS / 2
        traces.wait_for_end("everything ends")


def test_a_server_that_cannot_start_is_tried_until_the_operator_has_mended_it(
    data_folder: Path, traces: Traces
) -> None:
    with EmbeddedServer(data_folder).session() as address:
        settings = traces.folder / "settings.conf"
        settings.write_text("shared_buffers = plenty\n", encoding="utf-8")
        killed = _kill_postmaster(traces)
        wait_until(lambda: traces.log().count("the server ended with status 1: ") >= 2, "two starts fail")
        settings.write_text("", encoding="utf-8")
        _wait_for_another(traces, killed, address)
    assert traces.processes() == []


def test_a_newcomer_is_told_that_the_server_cannot_be_brought_back(
    data_folder: Path, traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dogwatch.store.embedded.server.RETURN_SECONDS", 2.0)
    with EmbeddedServer(data_folder).session():
        (traces.folder / "settings.conf").write_text("shared_buffers = plenty\n", encoding="utf-8")
        _kill_postmaster(traces)
        wait_until(lambda: "shared_buffers" in traces.log(), "a start fails")
        with (
            pytest.raises(StoreUnavailableError, match=r"has died and cannot be started again.*shared_buffers"),
            EmbeddedServer(data_folder).session(),
        ):
            pass
    traces.wait_for_end("everything ends")


@pytest.fixture
def bystander(data_folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a living process of the server's own user, once there is one."""
    with EmbeddedServer(data_folder).session():
        owner = (data_folder / "postgres").stat().st_uid
    with subprocess.Popen(["sleep", "600"], user=owner if os.geteuid() == 0 else None, cwd="/") as process:
        yield process
        process.kill()


def test_a_stranger_that_got_the_dead_servers_process_id_is_left_alone(
    data_folder: Path, bystander: subprocess.Popen[bytes], traces: Traces
) -> None:
    with EmbeddedServer(data_folder).session() as address:
        with suspended(traces.guardian()):
            killed = _kill_postmaster(traces)
            pid_file = traces.folder / "cluster" / "postmaster.pid"
            text = pid_file.read_text(encoding="utf-8")
            pid_file.write_text(text.replace(str(killed.pid), str(bystander.pid), 1), encoding="utf-8")
        _wait_for_another(traces, killed, address)
        assert bystander.poll() is None
    assert bystander.poll() is None


def test_a_crashed_backend_is_postgresqls_own_affair(data_folder: Path, traces: Traces) -> None:
    with EmbeddedServer(data_folder).session() as address:
        postmaster = traces.record()
        with psycopg.connect(address) as connection:
            kill(connection.info.backend_pid)
        wait_until(lambda: _answers(address), "the server has recovered")
        assert traces.record() == postmaster
        assert "guardian: " not in traces.log()
    assert traces.processes() == []


def test_pauses_grow_to_a_limit_and_begin_anew_after_a_quiet_time() -> None:
    pauses = RestartPauses()
    assert [pauses.next_seconds(at) for at in range(9)] == [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    last = 8 + SETTLED_SECONDS
    assert pauses.next_seconds(last - 0.001) == LONGEST_PAUSE_SECONDS
    assert pauses.next_seconds(last - 0.001 + SETTLED_SECONDS) == 0.0
