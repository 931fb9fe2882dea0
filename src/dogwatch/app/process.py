"""One process of Dogwatch: what its callers have in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dogwatch.app.bundles import BundleTransfers
from dogwatch.app.inspections import Inspections
from dogwatch.app.keys import AccessKeys
from dogwatch.app.operations import Operations
from dogwatch.app.work import Work
from dogwatch.model.errors import ForbiddenError
from dogwatch.model.progress import Tell, tell_nobody
from dogwatch.settings import Demo, Settings
from dogwatch.store.clock import machine_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta


def build(
    settings: Settings,
    *,
    machine: Callable[[], datetime] = machine_now,
    isolated: bool = True,
    tell: Tell = tell_nobody,
) -> App:
    """Return an app that is not open yet.

    Args:
        settings: what the operator decided.
        machine: the machine's clock, for tests.
        isolated: whether layers and feeds are read in child processes.
        tell: hears how far what takes long has come.
    """
    return App(settings, machine, isolated, tell)


class App(AccessKeys, BundleTransfers, Inspections, Operations, Work):
    """One process of Dogwatch. Attributes are there between `open` and `close`; use it as a context.

    `registries`, `rescan_settings`, `lifecycle`, `views` and the methods answer and change; `queue` puts jobs in;
    `run_until_idle` does them here, `worker` and `serve` do them until they are told to stop.
    """

    def advance_clock(self, by: timedelta) -> datetime:
        """Move the product's clock ahead, sweep, and return its present. Only in a demonstration.

        Raises:
            ForbiddenError: this is none.
        """
        if self.settings.demo is not Demo.ON:
            raise ForbiddenError("move the clock", "only with DOGWATCH_DEMO=1")
        now = self.clock.advance_everywhere(by)
        self.queue.sweep()
        self.queue.evaluate_policies()
        self.queue.count_scans()
        return now

    def end_demonstration(self) -> None:
        """Stop watching the sample registry and take the sample of advisories away; history stays.

        Raises:
            ForbiddenError: no demonstration has begun.
        """
        self.demonstration.stop()
        self.update_sample()
        self.demonstration.folder.remove()

    def serve(self) -> None:
        """Answer requests and do jobs until SIGTERM or SIGINT: `dogwatch serve`.

        Raises:
            ConfigError: the address cannot be listened on.
        """
        from dogwatch.app.service import serve

        serve(self)
