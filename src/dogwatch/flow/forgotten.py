"""The safety net under lost jobs: whatever the store says is waiting gets its job again.

A crash between a store's transaction and the job that should follow loses the job and nothing else; this finds it.
"""

from __future__ import annotations

from dogwatch.flow.notices import read_notices
from dogwatch.flow.ports import Defer, Outside
from dogwatch.flow.steps import Step
from dogwatch.inventory.catalogue import FINGERPRINT

MANIFESTS_PER_LOOK = 500  # as many as a registry answers in a minute
IMAGES_PER_LOOK = 500  # each costs a millisecond; the rest is found when these are done


def pick_up_forgotten_step(outside: Outside, defer: Defer) -> Step:
    """Plan a look; it comes again by the clock."""
    return Step("pick_up_forgotten", "all", lambda: pick_up_forgotten(outside, defer), is_repeated=True)


def pick_up_forgotten(outside: Outside, defer: Defer) -> None:
    """Read notices that wait; queue unknown manifests, images without an inventory and changes of windows and scanning.

    What failed is among them when its turn has come again; what is wrong with content waits for a push.
    What has a job, waiting or in progress, gets no second one.
    """
    read_notices(outside, defer)
    now, defer = outside.clock.now(), defer.for_lost_work()
    for manifest in outside.event_store.load_unresolved(now, MANIFESTS_PER_LOOK):
        defer.resolve(manifest)
    for image_id in outside.image_store.load_waiting(FINGERPRINT, now, IMAGES_PER_LOOK):
        defer.index(image_id)
    for setting_id in outside.watch_store.load_pending_settings():
        defer.apply_setting(setting_id)
    for account_id in outside.scanning_work.load_pending():
        defer.apply_scanning(account_id)
