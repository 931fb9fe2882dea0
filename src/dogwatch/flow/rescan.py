"""A change of windows takes effect: from PENDING to SUCCESS, or FAILED with the reason."""

from __future__ import annotations

from dogwatch.flow.ports import Outside
from dogwatch.flow.steps import Step
from dogwatch.model.monitoring import StatusReason


def apply_setting_step(outside: Outside, setting_id: int) -> Step:
    """Plan to apply a change; given up, it is FAILED and the windows before it stay in force."""

    def give_up(_mark: StatusReason, problem: str) -> None:
        outside.watch_store.fail_setting(setting_id, problem, outside.clock.now())

    return Step(
        "apply_setting",
        str(setting_id),
        lambda: outside.watch_store.apply_setting(setting_id, outside.clock.now()),
        {"setting_id": setting_id},
        give_up=give_up,
    )
