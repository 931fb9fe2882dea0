"""What the clock brings: once a minute, which work is due. Pure, so that a test can live through a day.

The job engine calls at most once per minute, however many workers there are; a minute nobody was there for is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dogwatch.flow.ports import Defer

MINUTE_SECONDS = 60
_CLEANING_MINUTES = 60
_DAY_MINUTES = 24 * 60
# 03:30 and 04:30 UTC, when most have little to do; the audit when the other is done.
_DELETING_MINUTE, _AUDIT_MINUTE = 3 * 60 + 30, 4 * 60 + 30
_POLICIES_MINUTES, _POLICIES_MINUTE = 60, 15  # every hour those whose own day is over
_REREADING_MINUTES, _REREADING_MINUTE = 10, 7  # what may be read in one go stands in `reread`
_COUNTING_MINUTES, _COUNTING_MINUTE = 60, 40  # a day is counted once an hour until it is over


@dataclass(frozen=True, slots=True)
class Intervals:
    """How often what comes, in whole minutes."""

    poll_minutes: int
    sweep_minutes: int
    feed_minutes: int


def defer_due(
    defer: Defer, intervals: Intervals, minute: int, registries: Iterable[int], feeds: Iterable[tuple[str, str]]
) -> None:
    """Queue what is due in a minute. Registries take turns, so that they are not all asked at the same time.

    Args:
        defer: the queue.
        intervals: how often.
        minute: minutes since the epoch.
        registries: ids.
        feeds: (source, ecosystem).
    """
    defer.pick_up_forgotten()
    defer.read_bills()
    if minute % intervals.sweep_minutes == 0:
        defer.sweep()
    if minute % _REREADING_MINUTES == _REREADING_MINUTE:
        defer.reread()
    if minute % _DAY_MINUTES == _DELETING_MINUTE:
        defer.delete_old()
    if minute % _POLICIES_MINUTES == _POLICIES_MINUTE:
        defer.evaluate_policies()
    if minute % _COUNTING_MINUTES == _COUNTING_MINUTE:
        defer.count_scans()
    if minute % _DAY_MINUTES == _AUDIT_MINUTE:
        defer.audit()
    for registry_id in registries:
        if (minute + registry_id) % intervals.poll_minutes == 0:
            defer.poll(registry_id)
    for place, (source, ecosystem) in enumerate(feeds):
        if (minute + place) % intervals.feed_minutes == 0:
            defer.update_feed(source, ecosystem)


def defer_everything(defer: Defer, registries: Iterable[int], feeds: Iterable[tuple[str, str]]) -> None:
    """Queue everything once, as at a start: what happened while nobody was there is caught up with."""
    defer.pick_up_forgotten()
    defer.sweep()
    defer.delete_old()
    defer.evaluate_policies()
    defer.count_scans()
    defer.rekey()
    for source, ecosystem in feeds:
        defer.update_feed(source, ecosystem)
    for registry_id in registries:
        defer.poll(registry_id)


def is_cleaning_due(minute: int) -> bool:
    """Whether finished jobs are to be deleted in this minute."""
    return minute % _CLEANING_MINUTES == 0
