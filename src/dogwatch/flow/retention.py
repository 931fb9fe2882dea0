"""What registries said is not kept for ever: once a day the oldest goes, where nothing can depend on it any more."""

from __future__ import annotations

from datetime import timedelta

from dogwatch.flow.ports import Outside
from dogwatch.flow.steps import Step

NOTICES_KEPT = timedelta(days=7)
"""Webhook bodies as received: long enough to look into what a registry really said after a weekend."""

PULLS_KEPT = timedelta(days=90)
"""Single pulls, for who asks who pulled what; the latest pull of each manifest stays for ever, as do pushes and
deletions."""


def delete_old_step(outside: Outside) -> Step:
    """Plan to delete what is old; it comes again by the clock."""
    return Step("delete_old", "all", lambda: delete_old(outside), is_repeated=True)


def delete_old(outside: Outside) -> None:
    """Delete notices, pulls and what the journal says of the past, each past its time."""
    now = outside.clock.now()
    outside.retention_store.delete_notices(now - NOTICES_KEPT)
    outside.retention_store.delete_pulls(now - PULLS_KEPT)
    horizon = (now - timedelta(days=outside.history_days)).replace(hour=0, minute=0, second=0, microsecond=0)
    outside.journal_pruning.prune(horizon)
