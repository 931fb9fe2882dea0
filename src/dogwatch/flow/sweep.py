"""What ends by itself when its time has come: monitoring whose windows are over, and what advisories withdraw later.

The view of findings does not wait for the former; counts and lists do.
"""

from __future__ import annotations

from dogwatch.flow.ports import Outside
from dogwatch.flow.steps import Step

IMAGES_PER_TRANSACTION = 5000  # half a second of work: locks are held no longer


def sweep_step(outside: Outside) -> Step:
    """Plan a sweep; it comes again by the clock."""
    return Step("sweep", "all", lambda: sweep(outside), is_repeated=True)


def sweep(outside: Outside) -> None:
    """End what is due."""
    end_expired(outside)
    outside.journal_store.withdraw_due(outside.clock.now())


def end_expired(outside: Outside) -> int:
    """End monitoring of every image past its deadline, at the deadline. Returns how many ended."""
    now = outside.clock.now()
    ended = 0
    while True:
        batch = outside.watch_store.end_expired(now, IMAGES_PER_TRANSACTION)
        ended += batch
        if batch < IMAGES_PER_TRANSACTION:
            return ended
