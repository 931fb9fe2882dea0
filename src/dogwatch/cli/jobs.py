"""`dogwatch jobs`: what waits to be done, and who does it, on all machines."""

from __future__ import annotations

from typing import Annotated

import typer

from dogwatch.cli.command_line import examples, opened
from dogwatch.cli.lists import Columns, Outputs, Query, Sort, lay_out, listing_of
from dogwatch.cli.options import switch
from dogwatch.cli.rendering import Column, plural
from dogwatch.cli.settings_flags import takes_settings
from dogwatch.model.jobs import JobCount, WorkerProcess
from dogwatch.settings import Settings


@takes_settings()
def show_jobs(
    settings: Settings,
    *,
    workers: Annotated[bool, switch("list the processes that do jobs, on all machines", "--workers")] = False,
    sort: Sort = None,
    output: Outputs = None,
    columns: Columns = None,
    query: Query = None,
) -> None:
    """Say what waits to be done and for how long, by task; or who does it.

    A job whose worker is silent for 12 seconds is given to another one. What waits for a long time needs more workers.
    """
    if workers:
        processes = lay_out(PROCESSES, output, columns, query, sort)
        with opened(settings) as app:
            found = app.views.worker_processes()
        processes.write(processes.arranged(found), "" if found else "Nobody does jobs now.")
        return
    layout = lay_out(COUNTS, output, columns, query, sort)
    with opened(settings) as app:
        counts = app.views.count_jobs()
        older = app.count_to_reread()
    idle = "" if counts else "Nothing is left to do."
    again = f"{plural(older, 'image')} read by older extractors: to be read again, some every ten minutes."
    layout.write(layout.arranged(counts), "\n".join(part for part in (idle, again if older else "") if part))


COLUMNS: tuple[Column[JobCount], ...] = (
    Column("task", "TASK", lambda one: one.task),
    Column("waiting", "WAITING", lambda one: str(one.waiting)),
    Column("oldest_seconds", "OLDEST", lambda one: _seconds(one.oldest_seconds)),
    Column("later", "LATER", lambda one: str(one.later)),
    Column("running", "RUNNING", lambda one: str(one.running)),
    Column("failed", "FAILED", lambda one: str(one.failed)),
)
PROCESS_COLUMNS: tuple[Column[WorkerProcess], ...] = (
    Column("host", "HOST", lambda one: one.host),
    Column("pid", "PID", lambda one: str(one.pid)),
    Column("version", "VERSION", lambda one: one.version),
    Column("state", "STATE", lambda one: "at work" if one.is_alive else "silent"),
    Column("silent_seconds", "LAST SEEN", lambda one: _seconds(one.silent_seconds)),
    Column("running", "RUNNING", lambda one: str(one.running)),
)
COUNTS = listing_of(COLUMNS)
PROCESSES = listing_of(PROCESS_COLUMNS)


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.0f} s"


def add_to(application: typer.Typer) -> None:
    """Register the command."""
    application.command("jobs", epilog=examples("dogwatch jobs", "dogwatch jobs --workers", "dogwatch jobs -o json"))(
        show_jobs
    )
