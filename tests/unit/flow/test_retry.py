"""The table from errors to outcomes: total over the tree, in step with what the classes say of themselves."""

from __future__ import annotations

import itertools

import pytest

from dogwatch.flow.retry import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    SPREAD,
    STRIKES,
    TREATMENTS,
    Outcome,
    Plan,
    plan_next,
)
from dogwatch.model import errors
from dogwatch.model.errors import DogwatchError, Retry
from dogwatch.model.monitoring import StatusReason


def _tree(root: type[DogwatchError]) -> list[type[DogwatchError]]:
    """The tree as `model` has it: what `serve` hangs into it for its own answers never reaches a job."""
    children = [child for child in root.__subclasses__() if child.__module__ == errors.__name__]
    return [root, *itertools.chain.from_iterable(map(_tree, children))]


def test_every_class_of_the_tree_has_a_row_and_there_are_no_others() -> None:
    assert set(TREATMENTS) == {*_tree(DogwatchError), Exception}


_ALLOWED = {
    Retry.NO: {Outcome.ABORT, Outcome.FINISH},
    Retry.YES: {Outcome.RETRY},
    Retry.ONCE: {Outcome.RETRY_FEW},
    Retry.AT_TIME: {Outcome.RETRY_AT},
}


@pytest.mark.parametrize("kind", [kind for kind in _tree(DogwatchError) if kind is not errors.ConflictError])
def test_a_row_says_what_the_class_says_of_retries(kind: type[DogwatchError]) -> None:
    assert TREATMENTS[kind].outcome in _ALLOWED[kind.retry]


def test_a_conflict_is_the_callers_affair_but_a_job_tries_again() -> None:
    assert TREATMENTS[errors.ConflictError].outcome is Outcome.RETRY_FEW


def test_a_class_that_nobody_listed_falls_to_its_ancestor() -> None:
    class StrangeRegistryError(errors.RegistryDeniedError):
        pass

    plan = plan_next(StrangeRegistryError("http://r", 403, "no"), 0, 0, "x")
    assert plan == Plan(Outcome.ABORT, StatusReason.ACCESS_DENIED, None)
    del StrangeRegistryError


def test_an_outage_is_ridden_out_more_and_more_slowly_and_without_end() -> None:
    down = errors.RegistryUnavailableError("http://r", "refused")
    pauses = [plan_next(down, attempts, 0, "resolve a").pause_seconds or 0.0 for attempts in range(12)]
    assert pauses == sorted(pauses)
    assert FIRST_PAUSE_SECONDS <= pauses[0] <= FIRST_PAUSE_SECONDS * (1 + SPREAD)
    assert pauses[1] == pytest.approx(2 * pauses[0])
    assert LONGEST_PAUSE_SECONDS <= pauses[-1] <= LONGEST_PAUSE_SECONDS * (1 + SPREAD)
    assert plan_next(down, 10**9, 0, "resolve a").pause_seconds == pauses[-1]


def test_what_failed_together_does_not_return_together() -> None:
    down = errors.StoreUnavailableError("gone")
    pauses = {plan_next(down, 5, 0, f"index {number}").pause_seconds for number in range(100)}
    assert len(pauses) > 90
    assert plan_next(down, 5, 0, "index 1") == plan_next(down, 5, 0, "index 1")


def test_a_registry_that_asks_us_to_wait_is_given_its_time() -> None:
    for attempts in (0, 50):
        plan = plan_next(errors.RegistryThrottledError("http://r", 1800.0), attempts, 0, "x")
        assert plan.outcome is Outcome.RETRY_AT
        assert plan.pause_seconds is not None
        assert 1800.0 <= plan.pause_seconds <= 1800.0 * (1 + SPREAD)


@pytest.mark.parametrize(
    ("error", "allowed", "mark"),
    [
        (errors.StepCrashedError("index", "signal 9"), STRIKES, StatusReason.INTERNAL_ERROR),
        (errors.DigestMismatchError("layer", "sha256:a", "sha256:b"), 2, StatusReason.INVALID_ARTIFACT),
        (KeyError("a mistake of ours"), STRIKES, StatusReason.INTERNAL_ERROR),
    ],
)
def test_crashes_and_mistakes_are_tried_a_few_times_however_often_outages_came_before(
    error: Exception, allowed: int, mark: StatusReason
) -> None:
    plans = [plan_next(error, 1000, strikes, "index 1") for strikes in range(allowed)]
    assert [plan.pause_seconds is None for plan in plans] == [False] * (allowed - 1) + [True]
    assert all(plan.is_strike for plan in plans[:-1])
    assert plans[-1].mark is mark


@pytest.mark.parametrize(
    ("error", "outcome", "mark"),
    [
        (errors.RegistryDeniedError("http://r", 401, "no"), Outcome.ABORT, StatusReason.ACCESS_DENIED),
        (errors.ConfigError("/run/secret", "no such file"), Outcome.ABORT, StatusReason.ACCESS_DENIED),
        (errors.ImageGoneError("app", "sha256:a"), Outcome.FINISH, StatusReason.RESOURCE_TERMINATED),
        (errors.MalformedManifestError("sha256:a", "no"), Outcome.ABORT, StatusReason.INVALID_ARTIFACT),
        (errors.MalformedLayerError("sha256:a", "no"), Outcome.ABORT, StatusReason.INVALID_ARTIFACT),
        (
            errors.LimitExceededError("layer", "entries", 5, "entries"),
            Outcome.ABORT,
            StatusReason.STORAGE_LIMIT_EXCEEDED,
        ),
        (errors.RegistryRefusedError("http://r", "html"), Outcome.ABORT, StatusReason.INTERNAL_ERROR),
    ],
)
def test_what_nobody_but_its_owner_can_change_is_given_up_at_once(
    error: Exception, outcome: Outcome, mark: StatusReason
) -> None:
    assert plan_next(error, 0, 0, "x") == Plan(outcome, mark, None)
