"""Windows at work on many images: a sweep, and a change for a whole account."""

from __future__ import annotations

from datetime import datetime

from bench.bed import Bed
from bench.figures import Figure, Section
from bench.million.world import LARGEST, described, filled, vacuum
from bench.timing import seconds_of
from bench.world import count
from dogwatch.app.process import App
from dogwatch.model.what_if import WindowWish

_SWEEPS = 2
_EXPIRING = 10_000
_BATCH = 5_000  # as flow.sweep takes them
_TARGET = "< 30 s (at 1,000,000)"
_CHANGES = ("DAYS_60", "DAYS_30", "DAYS_90")


def measure(bed: Bed) -> Section:
    """Let images expire, then shorten the windows of the largest account twice, and lengthen them again."""
    world = filled(bed, bed.images)
    with world.opened(to_change=True) as app:
        expiring = min(_EXPIRING, bed.images // 20)
        sweeps = tuple(seconds_of(lambda: _sweep(app, expiring)) for _ in range(_SWEEPS))
        owned = count(app.database, "SELECT count(*) FROM image WHERE account_id = %s", LARGEST)
        changes = []
        for window in _CHANGES:
            changes.append(_change(app, window, world.now))
            vacuum(world.moved, "clocks", "monitoring")
        longer = WindowWish("LIFETIME", "LIFETIME")
        sleeping = app.rescan_settings.what_if(LARGEST, longer, counts_findings=False).wakeable
        waking = _change(app, "LIFETIME", world.now, wakes=True)
    return Section(
        "Windows",
        f"{described(bed.images)} A sweep ends {expiring:,} images that expired, in transactions of {_BATCH:,}. A "
        f"change is one of both windows of an account with {owned:,} images: all its deadlines are computed anew.",
        (
            Figure(f"sweep, {expiring:,} images", "s", sweeps),
            *(
                Figure(f"windows become {window.removeprefix('DAYS_')} days", "s", (took,), _TARGET)
                for window, took in zip(_CHANGES, changes, strict=True)
            ),
            Figure(f"windows become LIFETIME, and {sleeping:,} images wake", "s", (waking,), _TARGET),
        ),
    )


def _sweep(app: App, expiring: int) -> None:
    with app.database.transaction() as connection:
        row = connection.execute(
            "SELECT watched_until FROM clocks WHERE watched ORDER BY watched_until OFFSET %s LIMIT 1", (expiring,)
        ).fetchone()
    assert row is not None  # there are twenty times as many images
    while app.outside.watch_store.end_expired(row[0], _BATCH):
        pass


def _change(app: App, window: str, now: datetime, *, wakes: bool = False) -> float:
    app.rescan_settings.request(LARGEST, WindowWish(window, window), wakes=wakes)
    (setting,) = app.outside.watch_store.load_pending_settings()
    return seconds_of(lambda: app.outside.watch_store.apply_setting(setting, now))
