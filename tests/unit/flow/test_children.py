"""Child processes: real kills, real hangs, real hunger; nothing outlives its parent."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dogwatch.flow.children import ChildLimits, ChildPool
from dogwatch.model.errors import LimitExceededError, MalformedLayerError, RegistryThrottledError, StepCrashedError
from tests.processes import children_of, is_alive, kill
from tests.unit.flow import hostile
from tests.waiting import PATIENCE_SECONDS, wait_until

_MIB = 1024 * 1024
_LIMITS = ChildLimits(wall_seconds=PATIENCE_SECONDS, memory_bytes=100 * _MIB, works=1000)


@pytest.fixture
def pool() -> Iterator[ChildPool]:
    with_one = ChildPool(1, _LIMITS)
    yield with_one
    with_one.close()
    assert with_one.process_ids() == ()


def test_work_is_done_elsewhere_and_its_result_comes_back(pool: ChildPool) -> None:
    assert pool.run("answer", hostile.answer, {"a": (1, "ü", b"\0")}) == {"a": (1, "ü", b"\0")}
    child = pool.run("process_id", hostile.process_id)
    assert child != os.getpid()
    assert pool.run("process_id", hostile.process_id) == child


def test_what_is_told_meanwhile_is_heard_in_order_before_the_result(pool: ChildPool) -> None:
    heard: list[int] = []
    assert pool.run_telling("count", heard.append, hostile.count_aloud, 3) == "counted"
    assert heard == [0, 1, 2]
    assert pool.run("answer", hostile.answer, 1) == 1


def test_what_is_logged_there_is_logged_here_with_its_fields(pool: ChildPool, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert pool.run("log", hostile.log_aloud, "no room") == "logged"
    assert [(one.name, one.levelname, one.getMessage(), getattr(one, "fields", None)) for one in caplog.records] == [
        ("dogwatch.flow", "INFO", "looked", {"reason": "no room"}),
        ("library", "WARNING", "error at 'place': no room", None),
    ]


def test_who_logs_less_hears_less_of_it(pool: ChildPool, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        assert pool.run("log", hostile.log_aloud, "no room") == "logged"
    assert caplog.records == []


def test_what_is_logged_between_two_works_comes_with_the_second(
    pool: ChildPool, caplog: pytest.LogCaptureFixture
) -> None:
    pool.run("log", hostile.log_later, 0.1)
    wait_until(lambda: pool.run("answer", hostile.answer, 1) and caplog.messages == ["late"], "it was logged")


def test_who_listens_may_break_off_and_the_next_work_gets_a_fresh_process(pool: ChildPool) -> None:
    def refuse(number: int) -> None:
        raise KeyError(number)

    before = pool.run("process_id", hostile.process_id)
    with pytest.raises(KeyError):
        pool.run_telling("count", refuse, hostile.count_aloud, 3)
    assert pool.run("process_id", hostile.process_id) != before


def test_telling_without_end_does_not_move_the_limit_of_time() -> None:
    pool = ChildPool(1, ChildLimits(wall_seconds=2.0, memory_bytes=100 * _MIB, works=1))
    try:
        with pytest.raises(LimitExceededError, match="child wall time"):
            pool.run_telling("chatter", lambda _number: None, hostile.count_aloud, 1_000_000_000)
    finally:
        pool.close()


def test_an_error_of_the_tree_arrives_as_itself(pool: ChildPool) -> None:
    with pytest.raises(MalformedLayerError) as malformed:
        pool.run("read", hostile.refuse_layer, "sha256:ab")
    assert (malformed.value.message, malformed.value.fields) == (
        "malformed layer sha256:ab: cut off",
        {"digest": "sha256:ab", "reason": "cut off"},
    )
    assert "in refuse_layer" in malformed.value.__notes__[0]
    with pytest.raises(RegistryThrottledError) as throttled:
        pool.run("read", hostile.refuse_for, 7.5)
    assert throttled.value.retry_after_seconds == 7.5


def test_a_mistake_arrives_with_its_place_and_the_child_goes_on(pool: ChildPool) -> None:
    child = pool.run("process_id", hostile.process_id)
    with pytest.raises(KeyError) as mistake:
        pool.run("stumble", hostile.stumble)
    assert "in stumble" in mistake.value.__notes__[0]
    with pytest.raises(RuntimeError, match="StubbornError: words"):
        pool.run("stumble", hostile.stumble_stubbornly)
    with pytest.raises((AttributeError, TypeError, RuntimeError), match="pickle"):
        pool.run("answer", hostile.return_something_that_does_not_travel)
    assert pool.run("process_id", hostile.process_id) == child


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_child_that_dies_costs_its_own_work_only(pool: ChildPool, number: signal.Signals) -> None:
    before = pool.run("process_id", hostile.process_id)
    with pytest.raises(StepCrashedError) as crash:
        pool.run("index", hostile.die, int(number))
    assert crash.value.fields == {"step": "index", "reason": f"signal {int(number)}"}
    after = pool.run("process_id", hostile.process_id)
    assert after != before
    assert not is_alive(before)


def test_a_child_that_leaves_has_crashed(pool: ChildPool) -> None:
    with pytest.raises(StepCrashedError, match="index died: exit status 3"):
        pool.run("index", hostile.leave)


class _Stillborn(subprocess.Popen[bytes]):
    """A process that is over before whoever starts it goes on."""

    def __init__(self, _command: object, **options: Any) -> None:
        super().__init__(["false"], **options)
        self.wait()


def test_a_child_that_dies_before_it_is_told_anything_has_crashed(
    pool: ChildPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(subprocess, "Popen", _Stillborn)
        with pytest.raises(StepCrashedError, match="index died: exit status 1"):
            pool.run("index", hostile.answer, 1)
    assert pool.run("answer", hostile.answer, 1) == 1


def test_a_child_killed_from_outside_while_idle_is_replaced_unnoticed(pool: ChildPool) -> None:
    child = pool.run("process_id", hostile.process_id)
    kill(child)
    assert pool.run("process_id", hostile.process_id) != child


def test_a_child_killed_from_outside_while_busy_is_a_crash(pool: ChildPool, tmp_path: Path) -> None:
    marker = tmp_path / "pid"

    def kill_it() -> None:
        wait_until(lambda: marker.exists() and marker.read_text(encoding="ascii"), "the child is busy")
        kill(int(marker.read_text(encoding="ascii")))

    killing = threading.Thread(target=kill_it)
    killing.start()
    with pytest.raises(StepCrashedError, match="signal 9"):
        pool.run("index", hostile.hang_in_a_regular_expression, str(marker))
    killing.join()


def test_hunger_for_memory_is_a_limit_and_the_next_work_gets_a_fresh_process(pool: ChildPool) -> None:
    child = pool.run("process_id", hostile.process_id)
    for greedy in (hostile.allocate, hostile.allocate_bit_by_bit):
        with pytest.raises(LimitExceededError) as hungry:
            pool.run("index", greedy, 4096)
        assert hungry.value.fields == {"what": "index", "limit": "child memory", "allowed": 100, "unit": "MiB"}
    assert pool.run("allocate", hostile.allocate, 50) == 50 * _MIB
    assert pool.run("process_id", hostile.process_id) != child


def test_a_hang_is_a_limit_even_inside_a_regular_expression(tmp_path: Path) -> None:
    pool = ChildPool(1, ChildLimits(wall_seconds=5.0, memory_bytes=100 * _MIB, works=10))
    try:
        with pytest.raises(LimitExceededError) as slow:
            pool.run("index", hostile.hang_in_a_regular_expression, str(tmp_path / "pid"))
        assert slow.value.fields == {"what": "index", "limit": "child wall time", "allowed": 5, "unit": "seconds"}
        assert not is_alive(int((tmp_path / "pid").read_text(encoding="ascii")))
        assert pool.run("answer", hostile.answer, 1) == 1
    finally:
        pool.close()


def test_a_process_is_renewed_after_its_number_of_works() -> None:
    pool = ChildPool(1, ChildLimits(PATIENCE_SECONDS, 100 * _MIB, works=2))
    try:
        seen = [pool.run("process_id", hostile.process_id) for _ in range(4)]
    finally:
        pool.close()
    assert (seen[0] == seen[1], seen[1] == seen[2], seen[2] == seen[3]) == (True, False, True)


def test_signals_for_the_whole_group_are_left_to_the_parent(pool: ChildPool) -> None:
    assert pool.run("answer", hostile.ignore_signals_and_answer) == "still here"


def test_slots_work_side_by_side_and_wait_for_each_other() -> None:
    pool = ChildPool(2, _LIMITS)
    try:
        with ThreadPoolExecutor(4) as threads:
            busy = [threads.submit(pool.run, "process_id", hostile.process_id) for _ in range(20)]
            seen = {future.result() for future in busy}
        assert 1 <= len(seen) <= 2
        assert seen == set(pool.process_ids())
    finally:
        pool.close()


def test_closing_ends_busy_children_and_refuses_new_work(pool: ChildPool) -> None:
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(pool.run, "index", hostile.sleep, PATIENCE_SECONDS)
        wait_until(pool.process_ids, "the child starts")
        time.sleep(0.1)
        pool.close()
        with pytest.raises(StepCrashedError):
            waiting.result(PATIENCE_SECONDS)
    with pytest.raises(StepCrashedError, match="the service is stopping"):
        pool.run("answer", hostile.answer, 1)
    pool.close()


def test_many_processes_leave_no_descriptors_behind() -> None:
    before = set(os.listdir("/proc/self/fd"))
    pool = ChildPool(1, ChildLimits(PATIENCE_SECONDS, 100 * _MIB, works=1))
    try:
        first = pool.run("open_descriptors", hostile.open_descriptors)
        for _ in range(5):
            assert pool.run("open_descriptors", hostile.open_descriptors) == first
        with pytest.raises(StepCrashedError):
            pool.run("die", hostile.die, int(signal.SIGKILL))
    finally:
        pool.close()
    assert set(os.listdir("/proc/self/fd")) <= before  # of other tests some may have been closed meanwhile


_PARENT = """
import sys, threading, time
from dogwatch.flow.children import ChildLimits, ChildPool
from tests.unit.flow import hostile
from tests.waiting import PATIENCE_SECONDS
pool = ChildPool(2, ChildLimits(PATIENCE_SECONDS, 100 << 20, 10))
print(pool.run("process_id", hostile.process_id), flush=True)
def hang(): pool.run("index", hostile.hang_in_a_regular_expression, sys.argv[1])
def idle(): pool.run("sleep", hostile.sleep, PATIENCE_SECONDS)
threading.Thread(target=hang, daemon=True).start()
threading.Thread(target=idle, daemon=True).start()
time.sleep(PATIENCE_SECONDS)
"""


def test_no_child_outlives_a_killed_parent(tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(marker)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    try:
        assert parent.stdout is not None
        int(parent.stdout.readline())
        wait_until(lambda: marker.exists() and marker.read_text(encoding="ascii"), "the child hangs")
        wait_until(lambda: len(children_of(parent.pid)) == 2, "both children are there")
        children = children_of(parent.pid)
        parent.kill()
        parent.wait()
        wait_until(lambda: not any(is_alive(pid) for pid in children), "the children end")
    finally:
        parent.kill()
        parent.wait()
