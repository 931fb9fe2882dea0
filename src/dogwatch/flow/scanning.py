"""A change of what is scanned takes effect: new rules of an account, or the account switched on or off."""

from __future__ import annotations

from dogwatch.flow.ports import Outside
from dogwatch.flow.steps import Step
from dogwatch.model.monitoring import StatusReason


def apply_scanning_step(outside: Outside, account_id: str) -> Step:
    """Plan to apply what waits; given up, it is FAILED and what was in force before stays so."""

    def give_up(_mark: StatusReason, problem: str) -> None:
        outside.scanning_work.fail(account_id, problem)

    return Step(
        "apply_scanning",
        account_id,
        lambda: outside.scanning_work.apply(account_id, outside.clock.now()),
        {"account": account_id},
        give_up=give_up,
    )
