"""`dogwatch config`: the settings in force, and where each comes from."""

from __future__ import annotations

import typer

from dogwatch.cli.command_line import examples
from dogwatch.cli.lists import Columns, Outputs, Query, Sort, lay_out, listing_of
from dogwatch.cli.rendering import Column
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.settings import SETTINGS, Settings, effective

Row = tuple[str, str, str]

_SETTINGS = {one.name: one for one in SETTINGS}
_NAMES = ("name", "value", "origin")


@takes_settings(Reach.ANYWHERE, every=True)
def show_settings(
    settings: Settings, *, sort: Sort = None, output: Outputs = None, columns: Columns = None, query: Query = None
) -> None:
    """Show every setting, its value, and where it comes from: flag, environment, file, default. Secrets are masked."""
    layout = lay_out(LISTING, output, columns, query, sort)
    layout.write(layout.arranged(effective(settings)))


COLUMNS: tuple[Column[Row], ...] = (
    Column("name", "SETTING", lambda row: row[0]),
    Column("value", "VALUE", lambda row: row[1]),
    Column("origin", "FROM", lambda row: row[2]),
    Column("variable", "VARIABLE", lambda row: _SETTINGS[row[0]].variable),
    Column("purpose", "", lambda row: _SETTINGS[row[0]].purpose),
)
LISTING = listing_of(COLUMNS, lambda row: dict(zip(_NAMES, row, strict=True)))


def add_to(application: typer.Typer) -> None:
    """Register the command."""
    application.command("config", epilog=examples("dogwatch config", "dogwatch config --listen 0.0.0.0:8470 -o json"))(
        show_settings
    )
