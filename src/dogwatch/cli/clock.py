"""`dogwatch clock`: the product's clock, which a demonstration may move ahead."""

from __future__ import annotations

from typing import Annotated

import typer

from dogwatch.cli.command_line import examples, new_group, opened
from dogwatch.cli.moments import duration
from dogwatch.cli.rendering import rfc3339
from dogwatch.cli.settings_flags import takes_settings
from dogwatch.settings import Settings


@takes_settings()
def show_clock(settings: Settings) -> None:
    """Show what time it is for Dogwatch."""
    with opened(settings) as app:
        now = app.clock.now()
    print(rfc3339(now))


@takes_settings()
def advance_clock(
    settings: Settings, *, by: Annotated[str, typer.Argument(help="91d, 12h, 30m or 10s", show_default=False)]
) -> None:
    """Move the clock ahead, to see what happens when windows end. Only with DOGWATCH_DEMO=1; there is no way back."""
    length = duration("by", by)
    with opened(settings) as app:
        now = app.advance_clock(length)
    print(rfc3339(now))


def add_to(application: typer.Typer) -> None:
    """Register the commands."""
    group = new_group("The product's clock; a demonstration may move it ahead.")
    group.command("show", epilog=examples("dogwatch clock show"))(show_clock)
    group.command("advance", epilog=examples("DOGWATCH_DEMO=1 dogwatch clock advance 91d"))(advance_clock)
    application.add_typer(group, name="clock")
