"""Progress shown to a person: one line on standard error, on a terminal only, gone at the end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dogwatch.cli.rendering import printable
from dogwatch.model.progress import Progress, Tell, Unit, tell_nobody

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

_MEGABYTE = 1e6


@contextmanager
def showing_progress(quiet: bool = False) -> Iterator[Tell]:
    """Yield what shows progress until the end of the block; where nobody looks on, it shows nothing."""
    if quiet or not sys.stderr.isatty():
        yield tell_nobody
        return
    # Slow to import, and only people need it.
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[amount]}", markup=False),
    )
    with Bars(*columns, console=Console(stderr=True, highlight=False), transient=True) as bars:
        yield _Line(bars).show


def amount_in_words(progress: Progress) -> str:
    """Say how far it has come: `1.2 of 30.1 MB`, `12 of 345 records`; without a total only what is done."""
    if progress.unit is Unit.NOTHING:
        return ""
    scale, decimals, unit = (_MEGABYTE, 1, "MB") if progress.unit is Unit.BYTES else (1, 0, str(progress.unit))
    total = f" of {progress.total / scale:,.{decimals}f}" if progress.total else ""
    return f"{progress.done / scale:,.{decimals}f}{total} {unit}"


class _Line:
    """One bar, which begins anew with each activity; without a total it only moves."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task = bars.add_task("starting", total=None, amount="")
        self._activity = ""

    def show(self, progress: Progress) -> None:
        total = progress.total or None
        amount = amount_in_words(progress)
        if progress.activity != self._activity:
            self._activity = progress.activity
            self._bars.reset(self._task, total=total, description=printable(progress.activity), amount=amount)
        self._bars.update(self._task, completed=progress.done, total=total, amount=amount)
