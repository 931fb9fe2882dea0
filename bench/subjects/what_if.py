"""What a change of windows would do, told before it is asked for."""

from __future__ import annotations

from functools import partial

from bench.bed import Bed
from bench.figures import Figure, Section
from bench.million.world import LARGEST, described, filled
from bench.timing import milliseconds_of, rounds
from bench.world import count
from dogwatch.app.process import App
from dogwatch.model.scopes import Scope
from dogwatch.model.what_if import WindowWish

_ROUNDS = 5
_PAGE = 1_000
_SHORTER = WindowWish("DAYS_30", "DAYS_30")
_LONGER = WindowWish("LIFETIME")
_TARGET = "< 1,000 ms (at 1,000,000)"


def measure(bed: Bed) -> Section:
    """Ask what shorter windows would do, for what the windows are now, and for the images that would leave."""
    world = filled(bed, bed.images)
    with world.opened(to_change=False) as app:
        owned = count(app.database, "SELECT count(*) FROM image WHERE account_id = %s", LARGEST)
        alias = app.registries.list(LARGEST)[0].alias
        team = WindowWish("DAYS_30", "DAYS_30", scope=Scope(alias, "team-07/*"))
        told = app.rescan_settings.what_if(LARGEST, _SHORTER)
        figures = (
            _figure("windows as they are: counts and grid", app, WindowWish(), _TARGET),
            _figure("windows become 30 days: counts and grid", app, _SHORTER, _TARGET),
            _figure("the same, and the findings that would close", app, _SHORTER, counts_findings=True),
            _figure("of one team's repositories, with findings", app, team, counts_findings=True),
            Figure(
                f"first {_PAGE:,} images that would leave",
                "ms",
                rounds(
                    _ROUNDS,
                    lambda: milliseconds_of(lambda: app.rescan_settings.leaving(LARGEST, _SHORTER, _PAGE, "")),
                ),
            ),
            Figure(
                f"first {_PAGE:,} images that LIFETIME could wake",
                "ms",
                rounds(
                    _ROUNDS,
                    lambda: milliseconds_of(lambda: app.rescan_settings.wakeable(LARGEST, _LONGER, _PAGE, "")),
                ),
            ),
        )
    return Section(
        "What if",
        f"{described(bed.images)} The account has {owned:,} images, {told.watched:,} of them watched; {told.leaving:,} "
        f"would leave, with {told.closing_findings:,} findings. The grid has 72 pairs of windows.",
        figures,
    )


def _figure(what: str, app: App, wish: WindowWish, target: str = "", *, counts_findings: bool = False) -> Figure:
    ask = app.rescan_settings.what_if
    took = partial(milliseconds_of, partial(ask, LARGEST, wish, counts_findings=counts_findings))
    values = rounds(_ROUNDS, took)
    return Figure(what, "ms", values, target)
