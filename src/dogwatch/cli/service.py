"""`dogwatch serve` and `dogwatch worker`: the programs that run until they are told to stop."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import typer

from dogwatch.cli.command_line import examples
from dogwatch.cli.demo import offer
from dogwatch.cli.progress import showing_progress
from dogwatch.cli.rendering import say
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.settings import Settings


@takes_settings(Reach.MACHINE, every=True)
def serve(settings: Settings) -> None:
    """Run the service: webhooks, the API, and the work itself.

    Without a database address it starts its own PostgreSQL in the data folder. Ends at SIGTERM or Ctrl-C.
    """
    from dogwatch.app.process import build
    from dogwatch.cli.logs import configure_logs

    configure_logs()
    with showing_progress() as tell, build(settings, tell=tell) as app:
        if app.demonstration.is_offered and not app.demonstration.folder.is_begun:
            say(*offer(settings, _program()))
        app.serve()


@takes_settings(Reach.MACHINE, every=True)
def worker(settings: Settings) -> None:
    """Run more workers beside the service, here or on other machines with the same database.

    Ends at SIGTERM or Ctrl-C; work that was begun is finished or goes back into the queue.
    """
    from dogwatch.app.process import build
    from dogwatch.cli.logs import configure_logs

    configure_logs()
    with build(settings) as app:
        app.worker()


def _program() -> str:
    """Return how this program is called from where it was started."""
    called = Path(sys.argv[0])
    if shutil.which("dogwatch") == str(called):
        return "dogwatch"
    return os.path.relpath(called) if called.name == "dogwatch" else "dogwatch"


def add_to(application: typer.Typer) -> None:
    """Register the commands."""
    application.command(
        "serve", epilog=examples("dogwatch serve", "dogwatch serve --listen 0.0.0.0:8470 --no-open-loopback")
    )(serve)
    application.command(
        "worker", epilog=examples("dogwatch worker --database-url postgresql://dogwatch@db.example/dogwatch")
    )(worker)
