"""Keys of versions made anew where the program before ordered versions otherwise. Runs whole in a child process."""

from __future__ import annotations

import logging

from dogwatch.flow.ports import Isolation, Outside
from dogwatch.flow.steps import Step

_log = logging.getLogger("dogwatch.flow")


def rekey_step(isolation: Isolation) -> Step:
    """Plan to make keys anew where that is due; it comes with every start."""
    return Step("rekey", "all", isolation.rekey)


def rekey(outside: Outside) -> None:
    """Make every key anew that was made by another scheme or number; cut short, it goes on where it was.

    Raises:
        StoreUnavailableError: the database cannot be reached.
    """
    store = outside.rekeying_store
    if not store.is_due():
        return
    packages = 0
    while done := store.rekey_packages(outside.clock.now()):
        packages += done
    feeds = store.stale_feeds()
    for source, ecosystem in feeds:
        records = outside.feeds.reread(source, store.load_stale_documents(source, ecosystem))
        store.republish(source, ecosystem, records, outside.clock.now())
    store.finish(outside.clock.now())
    if packages or feeds:
        _log.info("version keys were made anew", extra={"fields": {"packages": packages, "feeds": len(feeds)}})
