"""Images that older extractors read are read again: the most watched first, a few at a time, beside everything else.

An image keeps its inventory until a better reading has taken its place. Layers in which the present extractors would
find the same are not fetched (`inventory.reuse`), so most images cost nothing but their overlay.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from datetime import timedelta

from dogwatch.flow.ports import Isolation, Outside
from dogwatch.flow.retry import plan_next
from dogwatch.flow.steps import Step, problem_of
from dogwatch.inventory.catalogue import FINGERPRINT
from dogwatch.model.errors import StoreError

IMAGES_AT_ONCE = 1_000
"""Every ten minutes: what nothing is fetched for costs some 50 ms, so this is a tenth of a core."""

BYTES_AT_ONCE = 1024**3
"""Every ten minutes: 2 MB/s on average, beside which a registry has room for whoever pulls; 150 GB a day."""

TIME_AT_ONCE = timedelta(minutes=5)
"""Whoever waits behind it, as the daily audit does, waits no longer than this and one image."""

FAILURES_AT_ONCE = 10
"""After so many, more would only show the same outage; those that failed rest for a while."""

_log = logging.getLogger("dogwatch.flow")


@dataclass(slots=True)
class _Tally:
    images: int = 0
    bytes: int = 0
    failures: int = 0

    @property
    def is_enough(self) -> bool:
        return self.bytes >= BYTES_AT_ONCE or self.failures >= FAILURES_AT_ONCE


def reread_step(outside: Outside, isolation: Isolation) -> Step:
    """Plan to read some images again; it comes again by the clock."""
    return Step("reread", "all", lambda: reread(outside, isolation), is_repeated=True)


def reread(outside: Outside, isolation: Isolation) -> None:
    """Read images again that are watched and whose inventory other extractors made, until it is enough for one time.

    One that cannot be read is noted as failed at by these extractors, and keeps what it has.

    Raises:
        StoreError: the database cannot be reached.
    """
    tally = _Tally()
    began_at = outside.clock.now()
    for image_id in outside.image_store.load_to_reread(FINGERPRINT, began_at, IMAGES_AT_ONCE):
        if tally.is_enough or outside.clock.now() - began_at > TIME_AT_ONCE:
            break
        try:
            tally.bytes += isolation.reread(image_id)
            tally.images += 1
        except StoreError:
            raise
        except Exception as error:
            tally.failures += 1
            _note(outside, image_id, error)
    if tally.images or tally.failures:
        _log.info("images were read again", extra={"fields": asdict(tally)})


def _note(outside: Outside, image_id: int, error: Exception) -> None:
    mark = plan_next(error, 0, 0, f"reread {image_id}").mark
    outside.image_store.record_failure(image_id, FINGERPRINT, mark, problem_of(error), outside.clock.now())
    fields = {"image_id": image_id, "error": type(error).__name__}
    _log.warning("an image could not be read again", extra={"fields": fields})
