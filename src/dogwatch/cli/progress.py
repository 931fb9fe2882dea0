"""Progress shown to a person: one line on standard error, on a terminal only, gone at the end."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dogwatch.cli.rendering import printable
from dogwatch.model.progress import IDLE, Progress, Tell, Unit, tell_nobody

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

_MEGABYTE = 1e6


@contextmanager
def showing_progress(quiet: bool = False) -> Iterator[Tell]:
    """Yield what shows progress until the end of the block; where nobody looks on, it shows nothing."""
    if quiet or not sys.stderr.isatty():
        yield tell_nobody
        return
    line = _Line()
    try:
        yield line.show
    finally:
        line.show(IDLE)


def amount_in_words(progress: Progress) -> str:
    """Say how far it has come: `1.2 of 30.1 MB`, `12 of 345 records`; without a total only what is done."""
    if progress.unit is Unit.NOTHING:
        return ""
    scale, decimals, unit = (_MEGABYTE, 1, "MB") if progress.unit is Unit.BYTES else (1, 0, str(progress.unit))
    total = f" of {progress.total / scale:,.{decimals}f}" if progress.total else ""
    return f"{progress.done / scale:,.{decimals}f}{total} {unit}"


class _Line:
    """One bar, there for as long as there is something to tell; without a total it only moves. Safe for threads."""

    def __init__(self) -> None:
        self._shown: tuple[Bars, TaskID] | None = None
        self._activity = ""
        self._one_at_a_time = threading.Lock()

    def show(self, progress: Progress) -> None:
        with self._one_at_a_time:
            if progress == IDLE:
                self._hide()
            else:
                self._show(progress)

    def _hide(self) -> None:
        if self._shown is not None:
            self._shown[0].stop()
        self._shown, self._activity = None, ""

    def _show(self, progress: Progress) -> None:
        bars, task = self._shown = self._shown or _begin()
        total = progress.total or None
        amount = amount_in_words(progress)
        if progress.activity != self._activity:
            self._activity = progress.activity
            bars.reset(task, total=total, description=printable(progress.activity), amount=amount)
        bars.update(task, completed=progress.done, total=total, amount=amount)


def _begin() -> tuple[Bars, TaskID]:
    # Slow to import, and only people need it.
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[amount]}", markup=False),
    )
    # Standard output stays what it is: data, and a file or a pipe perhaps.
    bars = Bars(*columns, console=Console(stderr=True, highlight=False), transient=True, redirect_stdout=False)
    bars.start()
    return bars, bars.add_task("", total=None, amount="")
