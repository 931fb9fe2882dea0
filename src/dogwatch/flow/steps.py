"""A step as its runner sees it: what to do, how to name it in logs, and what to mark when it is given up.

The runner is the one place that catches what a step did not foresee. It logs each failure once, and decides by `retry`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dogwatch.flow.retry import Plan, plan_next
from dogwatch.model.errors import DogwatchError, TakenOverError
from dogwatch.model.monitoring import StatusReason

_log = logging.getLogger("dogwatch.flow")


def _mark_nothing(_mark: StatusReason, _problem: str) -> None:
    """Leave no mark: what failed is visible elsewhere, or is asked again by the clock."""


@dataclass(frozen=True, slots=True)
class Step:
    """One attempt at one piece of work.

    `name` is the task's, `subject` what it works on, for people and for the spread of retries. `fields` go to the log.
    `give_up` marks the subject after the last attempt, `put_off` after one that will be repeated; both may raise.
    `is_repeated` steps come again by the clock anyway, so a failure is noted and not retried before.
    """

    name: str
    subject: str
    work: Callable[[], object]
    fields: Mapping[str, object] = field(default_factory=dict)
    give_up: Callable[[StatusReason, str], None] = _mark_nothing
    put_off: Callable[[StatusReason, str], None] = _mark_nothing
    is_repeated: bool = False


class RepeatLater(Exception):  # noqa: N818  not an error of the tree: the runner's word to the queue
    """The attempt failed and is to be repeated; the failure is its cause, already logged."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(f"again in {plan.pause_seconds:g} s")
        self.plan = plan


def run_step(step: Step, attempts: int = 0, strikes: int = 0) -> None:
    """Do the work of a step once.

    Args:
        step: what to do.
        attempts: how many attempts at it failed before.
        strikes: how many of those count against the few that mistakes and crashes are allowed.

    Raises:
        RepeatLater: it failed and is to be repeated.
        TakenOverError: another worker has the job, so there is nothing to mark or to repeat here.
        Exception: the mark could not be set; the caller asks `retry` again.
    """
    try:
        step.work()
    except TakenOverError:
        raise
    except Exception as error:
        plan = plan_next(error, attempts, strikes, f"{step.name} {step.subject}")
        _log_failure(step, error, plan, attempts)
        problem = problem_of(error)
        if plan.pause_seconds is None or step.is_repeated:
            step.give_up(plan.mark, problem)
        else:
            step.put_off(StatusReason.PENDING_INITIAL_SCAN, problem)
            raise RepeatLater(plan) from error


def problem_of(error: Exception) -> str:
    """Return an error in words that may be shown: its own message, or only its kind when it is a mistake of ours."""
    return error.message if isinstance(error, DogwatchError) else f"internal error: {type(error).__name__}"


def _log_failure(step: Step, error: Exception, plan: Plan, attempts: int) -> None:
    fields: dict[str, object] = {"step": step.name, "subject": step.subject, **step.fields}
    fields |= {"attempt": attempts + 1, "outcome": plan.outcome.value, "error": type(error).__name__}
    if plan.pause_seconds is not None and not step.is_repeated:
        fields["again_in_seconds"] = round(plan.pause_seconds, 1)
    if isinstance(error, DogwatchError):
        for name, value in error.fields.items():
            fields.setdefault(f"error_{name}", value)
        _log.warning(error.message, extra={"fields": fields})
    else:
        _log.error(str(error) or type(error).__name__, extra={"fields": fields}, exc_info=error)
