"""Bills of materials that are attached to watched images, where the registry's setting believes them.

Looked at when an event concerns them, and else once a day; a few at a time, beside everything else. What cannot be
asked for at the moment changes nothing but that a gap says so: an outage closes no finding.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

from dogwatch.flow.ports import Isolation, Outside
from dogwatch.flow.steps import Step, problem_of
from dogwatch.inventory.bills.merging import hear_bills
from dogwatch.model.errors import StoreError

LOOKED_AGAIN_AFTER = timedelta(days=1)
"""For what no event tells of: a registry that only is polled lists no referrers, and few tell that one was deleted."""

IMAGES_AT_ONCE = 300
"""Every minute: with four requests each where nothing is attached, 20 requests a second; 432,000 images a day."""

TIME_AT_ONCE = timedelta(minutes=1)
"""Whoever waits behind it, as what is read again does, waits no longer than this and one image."""

FAILURES_AT_ONCE = 10
"""After so many, more would only show the same outage; those that failed rest for a while."""

_log = logging.getLogger("dogwatch.flow")


def read_bills_step(outside: Outside, isolation: Isolation) -> Step:
    """Plan to look at bills; it comes again by the clock."""
    return Step("read_bills", "all", lambda: read_bills(outside, isolation), is_repeated=True)


def read_bills(outside: Outside, isolation: Isolation) -> None:
    """Look at the bills of images whose turn it is, until it is enough for one time.

    Raises:
        StoreError: the database cannot be reached.
    """
    failures = 0
    began_at = outside.clock.now()
    for image_id in outside.bill_store.load_due(began_at, IMAGES_AT_ONCE):
        if failures >= FAILURES_AT_ONCE or outside.clock.now() - began_at > TIME_AT_ONCE:
            break
        try:
            isolation.read_bills(image_id)
        except StoreError:
            raise
        except Exception as error:
            failures += 1
            outside.bill_store.fail(image_id, problem_of(error), outside.clock.now())
            fields = {"image_id": image_id, "error": type(error).__name__}
            _log.warning("attached bills could not be had", extra={"fields": fields})


def read_bills_of(outside: Outside, image_id: int) -> None:
    """Look at the bills of one image, and store what they add to it. Runs in a child process.

    Raises:
        RegistryError, ContentError: something cannot be had that another attempt may bring.
    """
    looked = outside.bill_store.load(image_id)
    if looked is None:
        return
    if not looked.are_believed:
        outside.bill_store.forget(looked, outside.clock.now())
        return
    registry = outside.registry_store.load(looked.registry_id)
    attachments = outside.registries.attachments(registry, looked.repository, looked.digest, looked.indexes)
    # In an order of our own: where two bills spell a package differently, the registry's would decide, and may change.
    attachments = replace(attachments, bills=tuple(sorted(attachments.bills, key=lambda one: one.digest)))
    witnessed = hear_bills(looked.packages.values(), looked.digest, attachments)
    now = outside.clock.now()
    outside.bill_store.save(looked, witnessed, now + LOOKED_AGAIN_AFTER, now)
