"""`dogwatch scanning`: which repositories are scanned, and how often."""

from __future__ import annotations

from typing import Annotated

import typer

from dogwatch.cli.command_line import examples, new_group, reached
from dogwatch.cli.lists import Columns, Outputs, Query, lay_out, listing_of
from dogwatch.cli.options import option
from dogwatch.cli.rendering import Column, say
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.monitoring import ScanFrequency
from dogwatch.model.scanning import ScanningConfiguration, ScanningRule, ScanType
from dogwatch.settings import Settings


@takes_settings(Reach.ANYWHERE)
def show_scanning(settings: Settings, *, output: Outputs = None, columns: Columns = None, query: Query = None) -> None:
    """Show the rules. Without any, everything is scanned continuously; what no rule names is not scanned."""
    layout = lay_out(LISTING, output, columns, query)
    with reached(settings) as app:
        configuration = app.scanning.load(settings.account)
    _tell(configuration)
    layout.write(list(configuration.rules))


@takes_settings(Reach.ANYWHERE)
def set_scanning(
    settings: Settings,
    *,
    continuous: Annotated[
        list[str] | None, option("repositories whose findings follow every advisory; may be repeated", "--continuous")
    ] = None,
    on_push: Annotated[
        list[str] | None, option("repositories whose findings stay as at their push; may be repeated", "--on-push")
    ] = None,
    output: Outputs = None,
    columns: Columns = None,
    query: Query = None,
) -> None:
    """Replace the rules by filters on repository names, and let them take effect now.

    `*` is any run of characters; a filter without one is any part of the name. Continuous wins over on push.
    """
    if not continuous and not on_push:
        raise InvalidRequestError("scanning set", "name at least one of --continuous, --on-push")
    layout = lay_out(LISTING, output, columns, query)
    given = ((ScanFrequency.CONTINUOUS, continuous), (ScanFrequency.ON_PUSH, on_push))
    rules = tuple(ScanningRule(frequency, tuple(filters)) for frequency, filters in given if filters)
    with reached(settings) as app:
        kept = app.scanning.change(settings.account, ScanningConfiguration(rules=rules))
    layout.write(list(kept.rules))


@takes_settings(Reach.ANYWHERE)
def reset_scanning(settings: Settings) -> None:
    """Forget the rules: everything is scanned continuously again."""
    with reached(settings) as app:
        _tell(app.scanning.change(settings.account, ScanningConfiguration()))


def _tell(configuration: ScanningConfiguration) -> None:
    if not configuration.rules:
        is_on = configuration.scan_type is ScanType.ENHANCED
        say("Every repository is scanned continuously." if is_on else "No repository is scanned.")


COLUMNS: tuple[Column[ScanningRule], ...] = (
    Column("frequency", "FREQUENCY", lambda one: str(one.frequency)),
    Column("filters", "FILTERS", lambda one: " ".join(one.filters)),
)
LISTING = listing_of(COLUMNS)


def add_to(application: typer.Typer) -> None:
    """Register the commands."""
    group = new_group("Which repositories are scanned, and how often.")
    group.command("show", epilog=examples("dogwatch scanning show"))(show_scanning)
    group.command(
        "set",
        epilog=examples(
            "dogwatch scanning set --continuous 'team-*' --on-push '*'", "dogwatch scanning set --continuous prod"
        ),
    )(set_scanning)
    group.command("reset", epilog=examples("dogwatch scanning reset"))(reset_scanning)
    application.add_typer(group, name="scanning")
