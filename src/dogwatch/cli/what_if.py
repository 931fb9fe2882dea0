"""`dogwatch rescan what-if`: what other windows would do, before anybody sets them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated

import typer

from dogwatch.cli.command_line import reached
from dogwatch.cli.lists import USUAL_LIMIT, All, Columns, Layout, Limit, Outputs, Query, Sort, lay_out, listing_of
from dogwatch.cli.options import switch
from dogwatch.cli.ports import Windows
from dogwatch.cli.rendering import Column, Row, minute, plural, rfc3339, short_digest
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.cli.taking import Taken
from dogwatch.cli.window_options import Activity, Mode, Preset, Push, ScopeName, read_wish
from dogwatch.cli.writers import Listing
from dogwatch.model.costs import CURRENCY, LEAST_DAYS, RECENT_DAYS
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.monitoring import Window
from dogwatch.model.times import FOREVER
from dogwatch.model.views import Page
from dogwatch.model.what_if import GridCell, LeavingImage, WakeableImage, WhatIf, WindowWish
from dogwatch.settings import Settings

_CELL = 10  # characters: ten million images with their separators


@takes_settings(Reach.ANYWHERE)
def preview_windows(
    settings: Settings,
    *,
    scope: ScopeName = None,
    push: Push = None,
    activity: Activity = None,
    mode: Mode = None,
    preset: Preset = None,
    leaving: Annotated[bool, switch("list the images that would no longer be watched", "--leaving")] = False,
    wakeable: Annotated[bool, switch("list the images that are not watched and would be inside", "--wakeable")] = False,
    findings: Annotated[
        bool, typer.Option("--findings/--no-findings", help="count the findings that would close; it takes longest")
    ] = True,
    sort: Sort = None,
    limit: Limit = USUAL_LIMIT,
    all: All = False,
    output: Outputs = None,
    columns: Columns = None,
    query: Query = None,
) -> None:
    """Say what other windows would do now, and how many images every pair of usual windows would keep.

    Nothing changes. What is not named is as it is. --sort, --limit and --all are for --leaving and
    --wakeable.
    """
    wish = read_wish(push, activity, mode, preset, scope)
    if leaving and wakeable:
        raise InvalidRequestError("wakeable", "is another list than --leaving")
    most = None if all else limit
    if leaving:
        layout = lay_out(LEAVING, output, columns, query, sort)
        _list_images(settings, wish, most, layout, lambda windows: windows.leaving)
        return
    if wakeable:
        shown = lay_out(WAKEABLE, output, columns, query, sort)
        _list_images(settings, wish, most, shown, lambda windows: windows.wakeable)
        return
    if sort is not None:
        raise InvalidRequestError("sort", "is for --leaving and --wakeable")
    grid = lay_out(GRID, output, columns, query)
    with reached(settings) as app:
        told = app.rescan_settings.what_if(settings.account, wish, counts_findings=findings)
    grid.write([told], _sum_up(told))


def _list_images(
    settings: Settings,
    wish: WindowWish,
    limit: int | None,
    layout: Layout[Row, Row],
    choose: Callable[[Windows], Callable[[str, WindowWish, int, str], Page[Row]]],
) -> None:
    with reached(settings) as app:
        fetch = choose(app.rescan_settings)
        found = Taken(lambda size, after: fetch(settings.account, wish, size, after), limit, layout.order)
        layout.write(found, lambda: found.note)


def _sum_up(told: WhatIf) -> str:
    windows = told.windows
    whose = "" if windows.scope.is_account else f" of {windows.scope.words}"
    lines = (
        f"Windows{whose}: {windows.push_window} after a push, {windows.activity_window} after activity "
        f"({windows.activity_mode}).",
        f"Of {plural(told.watched, 'image')} watched now {told.leaving:,} would leave{_closing(told)}; "
        f"{told.staying:,} would stay.",
        f"{plural(told.wakeable, 'image')} not watched would be inside; rescan set --wake wakes them.",
    )
    return "\n".join((*lines, *_rescans(told)))


def _rescans(told: WhatIf) -> Iterator[str]:
    """Yield what a month costs now and then, or that it cannot be told yet."""
    if told.rescans_now is None or told.rescans_then is None:
        yield f"Re-scans of a month are told after {LEAST_DAYS} days of counting."
        return
    now = f"{plural(told.rescans_now, 're-scan')} ({CURRENCY} {told.cost_now:,.2f})"
    then = f"{plural(told.rescans_then, 're-scan')} ({CURRENCY} {told.cost_then:,.2f})"
    yield f"By the last {RECENT_DAYS} days a month would have {then} in place of {now}; see dogwatch costs."


def _closing(told: WhatIf) -> str:
    if not told.closing:
        return "" if told.closing is None else ", with 0 findings"
    worst = ", ".join(f"{count:,} {one.name.lower()}" for one, count in sorted(told.closing.items(), reverse=True))
    return f", with {plural(told.closing_findings or 0, 'finding')} ({worst})"


def _matrix(told: WhatIf) -> Iterator[str]:
    """Yield the grid line by line, a push window each."""
    activities = list(dict.fromkeys(cell.activity_window for cell in told.grid))
    yield "Watched images, by push window (down) and activity window (across):"
    yield "".join(f"{text:>{_CELL}}" for text in ("", *map(_brief, activities)))
    for push in dict.fromkeys(cell.push_window for cell in told.grid):
        counts = [f"{cell.watched:,}" for cell in told.grid if cell.push_window == push]
        yield "".join(f"{text:>{_CELL}}" for text in (_brief(push), *counts))


def _brief(window: Window) -> str:
    return str(window).lower() if window.days is None else f"{window.days}d"


def _until(moment: datetime) -> str:
    return "for ever" if moment >= FOREVER else minute(moment)


def _cells(told: WhatIf) -> tuple[GridCell, ...]:
    return told.grid


GRID_COLUMNS: tuple[Column[GridCell], ...] = (
    Column("push", "AFTER A PUSH", lambda one: str(one.push_window)),
    Column("activity", "AFTER ACTIVITY", lambda one: str(one.activity_window)),
    Column("watched", "WATCHED", lambda one: str(one.watched)),
    Column("rescans", "RE-SCANS A MONTH", lambda one: "" if one.rescans is None else str(one.rescans)),
)
GRID: Listing[WhatIf, GridCell] = Listing(GRID_COLUMNS, _cells, _cells, prose=_matrix)

LEAVING_COLUMNS: tuple[Column[LeavingImage], ...] = (
    Column("id", "ID", lambda one: str(one.image_id), spare=2),
    Column("registry", "REGISTRY", lambda one: one.registry_alias, spare=3),
    Column("repository", "REPOSITORY", lambda one: one.repository),
    Column("digest", "DIGEST", lambda one: one.digest, lambda one: short_digest(one.digest)),
    Column(
        "watched_until", "WATCHED UNTIL", lambda one: rfc3339(one.watched_until), lambda one: _until(one.watched_until)
    ),
    Column("held_by", "HELD BY", lambda one: one.held_by, spare=1),
    Column("new_until", "NEW END", lambda one: rfc3339(one.new_until), lambda one: minute(one.new_until)),
)
LEAVING = listing_of(LEAVING_COLUMNS)

WAKEABLE_COLUMNS: tuple[Column[WakeableImage], ...] = (
    Column("id", "ID", lambda one: str(one.image_id), spare=2),
    Column("registry", "REGISTRY", lambda one: one.registry_alias, spare=3),
    Column("repository", "REPOSITORY", lambda one: one.repository),
    Column("digest", "DIGEST", lambda one: one.digest, lambda one: short_digest(one.digest)),
    Column(
        "new_until", "WOULD BE WATCHED UNTIL", lambda one: rfc3339(one.new_until), lambda one: _until(one.new_until)
    ),
    Column("held_by", "HELD BY", lambda one: one.held_by, spare=1),
)
WAKEABLE = listing_of(WAKEABLE_COLUMNS)
