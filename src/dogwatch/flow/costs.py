"""Counting scans as the original bills them: nothing is scanned for it, what happened is counted."""

from __future__ import annotations

from datetime import timedelta

from dogwatch.flow.ports import Outside
from dogwatch.flow.steps import Step
from dogwatch.flow.sweep import end_expired

SETTLED = timedelta(minutes=5)
"""How long something must be past to be counted: what is recorded as of a moment is committed long before."""


def count_scans_step(outside: Outside) -> Step:
    """Plan to count scans; it comes again by the clock."""
    return Step("count_scans", "all", lambda: count_scans(outside), is_repeated=True)


def count_scans(outside: Outside) -> None:
    """Count every day that is not counted to its end. What is past its windows ends first, or it counted as watched."""
    end_expired(outside)
    until = outside.clock.now() - SETTLED
    while outside.scan_counts.count_day(until):
        pass
