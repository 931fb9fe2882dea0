"""Lifecycle policies are evaluated once a day: what would go is told, and nothing is deleted in any registry."""

from __future__ import annotations

from dogwatch.flow.ports import Outside
from dogwatch.flow.steps import Step


def evaluate_policies_step(outside: Outside) -> Step:
    """Plan to evaluate what is due; it comes again by the clock."""
    return Step("evaluate_policies", "all", lambda: evaluate_policies(outside), is_repeated=True)


def evaluate_policies(outside: Outside) -> int:
    """Evaluate every policy that was not evaluated for a day, each by itself. Returns how many."""
    now = outside.clock.now()
    due = outside.lifecycle_store.load_due(now)
    for repository_id in due:
        outside.lifecycle_store.evaluate_policy(repository_id, now)
    return len(due)
