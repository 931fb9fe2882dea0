"""The page of windows: what is set where, and what other windows would do, as its address asks."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.monitoring import ActivityMode, RescanSetting, Window
from dogwatch.model.scanning import ScanningConfiguration
from dogwatch.model.what_if import GridCell, LeavingImage, WakeableImage, WhatIf, WindowWish
from dogwatch.serve.page.address import Address
from dogwatch.serve.ports import RescanSettings, Scanning
from dogwatch.serve.wishes import WISH_FIELDS, read_wish
from dogwatch.windows.grid import GRID_ACTIVITY, GRID_PUSH

SHOWN_IMAGES = 20
"""Of a list: enough to see whether it is what was meant. The command line has them all."""

OFFERED: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "push_window": tuple(map(str, GRID_PUSH)),
        "activity_window": tuple(map(str, GRID_ACTIVITY)),
        "activity_mode": tuple(ActivityMode),
    }
)
"""What the form offers for each field, beside leaving it as it is. The address takes any number of days."""

COUNTED_LEAVING = 20_000
"""Images leaving whose findings are counted unasked: a second's work. More are counted when somebody asks for it."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What other windows would do: told, and the first of the images concerned.

    `rows` are the lines of the grid, a push window each.
    """

    wish: WindowWish
    now: RescanSetting
    told: WhatIf
    leaving: Sequence[LeavingImage]
    wakeable: Sequence[WakeableImage]

    @property
    def command(self) -> str:
        """The command that tells the same."""
        wish = self.wish
        named = {
            "scope": None if wish.scope.is_account else str(wish.scope),
            "push": wish.push_window,
            "activity": wish.activity_window,
            "mode": wish.activity_mode,
        }
        options = [text for name, value in named.items() if value for text in (f"--{name}", value)]
        return shlex.join(["dogwatch", "rescan", "what-if", *options])

    @property
    def activity_windows(self) -> list[Window]:
        """The columns of the grid."""
        return list(dict.fromkeys(cell.activity_window for cell in self.told.grid))

    def rows(self) -> Iterator[tuple[Window, list[GridCell]]]:
        """Yield the lines of the grid."""
        for push in dict.fromkeys(cell.push_window for cell in self.told.grid):
            yield push, [cell for cell in self.told.grid if cell.push_window == push]

    def is_now(self, cell: GridCell) -> bool:
        """Say whether a cell has the windows that there are."""
        return _has(cell, self.now)

    def is_asked(self, cell: GridCell) -> bool:
        """Say whether a cell has the windows that were asked about."""
        return _has(cell, self.told.windows)


@dataclass(frozen=True, slots=True)
class WindowsView:
    """All that the page shows; `preview` is None where `problem` says why."""

    scopes: Sequence[RescanSetting]
    scanning: ScanningConfiguration
    form: Mapping[str, str]
    preview: Preview | None
    problem: InvalidRequestError | NotFoundError | None

    @property
    def is_scope_wrong(self) -> bool:
        """Whether it is the scope that is no scope, or names a registry that is not watched."""
        return isinstance(self.problem, NotFoundError) or (
            self.problem is not None and self.problem.fields["field"] == "scope"
        )


def show_windows(rescan: RescanSettings, scanning: Scanning, account_id: str, address: Address) -> WindowsView:
    """Return what the page shows; parameters of the address have the names of the API's, empty ones are not there."""
    form = {name: address.one(name).strip() for name in WISH_FIELDS}
    preview, problem = None, None
    try:
        wish = read_wish({name: value for name, value in form.items() if value})
        preview = _preview(rescan, account_id, wish, counts_all=address.one("findings") == "true")
    except (InvalidRequestError, NotFoundError) as error:
        problem = error
    return WindowsView(rescan.load_scopes(account_id), scanning.load(account_id), form, preview, problem)


def _preview(rescan: RescanSettings, account_id: str, wish: WindowWish, *, counts_all: bool) -> Preview:
    told = rescan.what_if(account_id, wish, counts_findings=False)
    if counts_all or 0 < told.leaving <= COUNTED_LEAVING:
        told = rescan.what_if(account_id, wish)
    leaving = rescan.leaving(account_id, wish, SHOWN_IMAGES, "").rows if told.leaving else ()
    wakeable = rescan.wakeable(account_id, wish, SHOWN_IMAGES, "").rows if told.wakeable else ()
    return Preview(wish, rescan.load(account_id, wish.scope), told, leaving, wakeable)


def _has(cell: GridCell, windows: RescanSetting) -> bool:
    return (cell.push_window, cell.activity_window) == (windows.push_window, windows.activity_window)
