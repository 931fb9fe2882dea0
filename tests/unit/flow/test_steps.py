"""The runner of steps: what is marked when, and that every failure is logged once with its fields."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dogwatch.flow.steps import RepeatLater, Step, run_step
from dogwatch.model.errors import MalformedLayerError, RegistryUnavailableError, StepCrashedError, StoreUnavailableError
from dogwatch.model.monitoring import StatusReason

_Marks = list[tuple[str, StatusReason, str]]


def _step(error: Exception | None, marks: _Marks, is_repeated: bool = False) -> Step:
    def work() -> None:
        if error is not None:
            raise error

    def keep(kind: str) -> Callable[[StatusReason, str], None]:
        return lambda mark, problem: marks.append((kind, mark, problem))

    return Step("index", "7", work, {"image": "sha256:aa"}, keep("give up"), keep("put off"), is_repeated)


def test_work_that_succeeds_leaves_no_mark_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    marks: _Marks = []
    run_step(_step(None, marks))
    assert (marks, caplog.records) == ([], [])


def test_a_step_given_up_is_marked_and_over(caplog: pytest.LogCaptureFixture) -> None:
    marks: _Marks = []
    run_step(_step(MalformedLayerError("sha256:bb", "cut off"), marks), attempts=2)
    assert marks == [("give up", StatusReason.INVALID_ARTIFACT, "malformed layer sha256:bb: cut off")]
    (line,) = caplog.records
    assert (line.levelname, line.message) == ("WARNING", "malformed layer sha256:bb: cut off")
    assert vars(line)["fields"] == {
        "step": "index",
        "subject": "7",
        "image": "sha256:aa",
        "attempt": 3,
        "outcome": "abort",
        "error": "MalformedLayerError",
        "error_digest": "sha256:bb",
        "error_reason": "cut off",
    }


def test_a_step_to_be_repeated_says_when(caplog: pytest.LogCaptureFixture) -> None:
    marks: _Marks = []
    error = RegistryUnavailableError("http://r", "refused")
    with pytest.raises(RepeatLater) as later:
        run_step(_step(error, marks))
    assert later.value.__cause__ is error
    assert later.value.plan.pause_seconds == pytest.approx(2.25, abs=0.26)
    assert marks == [("put off", StatusReason.PENDING_INITIAL_SCAN, "registry unavailable: http://r: refused")]
    assert len(caplog.records) == 1


def test_crashes_count_separately_from_outages() -> None:
    marks: _Marks = []
    crash = StepCrashedError("index", "signal 9")
    with pytest.raises(RepeatLater) as later:
        run_step(_step(crash, marks), attempts=40, strikes=1)
    assert later.value.plan.is_strike
    run_step(_step(crash, marks), attempts=41, strikes=2)
    assert [(kind, mark) for kind, mark, _ in marks] == [
        ("put off", StatusReason.PENDING_INITIAL_SCAN),
        ("give up", StatusReason.INTERNAL_ERROR),
    ]


def test_what_comes_by_the_clock_is_noted_and_not_repeated_before(caplog: pytest.LogCaptureFixture) -> None:
    marks: _Marks = []
    run_step(_step(RegistryUnavailableError("http://r", "refused"), marks, is_repeated=True))
    assert [kind for kind, _, _ in marks] == ["give up"]
    assert "again_in_seconds" not in vars(caplog.records[0])["fields"]


def test_a_mistake_of_ours_is_logged_with_its_trace_and_shown_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    marks: _Marks = []
    with pytest.raises(RepeatLater):
        run_step(_step(KeyError("password=secret"), marks))
    assert marks == [("put off", StatusReason.PENDING_INITIAL_SCAN, "internal error: KeyError")]
    (line,) = caplog.records
    assert line.levelname == "ERROR"
    assert line.exc_info is not None
    assert isinstance(line.exc_info[1], KeyError)


def test_a_mark_that_cannot_be_set_is_a_failure_of_its_own() -> None:
    def give_up(_mark: StatusReason, _problem: str) -> None:
        raise StoreUnavailableError("gone")

    def work() -> None:
        raise MalformedLayerError("sha256:bb", "cut off")

    with pytest.raises(StoreUnavailableError):
        run_step(Step("index", "7", work, give_up=give_up))
