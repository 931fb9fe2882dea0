"""`dogwatch scanning`: which repositories are scanned, and how often."""

from __future__ import annotations

from typing import Annotated

import typer

from dogwatch.cli.command_line import examples, new_group, reached
from dogwatch.cli.errors import INCOMPLETE
from dogwatch.cli.lists import Columns, Outputs, Query, lay_out, listing_of
from dogwatch.cli.options import option
from dogwatch.cli.rendering import Column, say
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.monitoring import ScanFrequency, SettingStatus
from dogwatch.model.scanning import ScanningConfiguration, ScanningRule, ScanType
from dogwatch.settings import Settings

PENDING = "The change takes effect when a worker comes to it: dogwatch serve, or dogwatch worker."

Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="let it take effect now", envvar="DOGWATCH_WAIT")]


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
    wait: Wait = True,
    output: Outputs = None,
    columns: Columns = None,
    query: Query = None,
) -> None:
    """Replace the rules by filters on repository names.

    `*` is any run of characters; a filter without one is any part of the name. Continuous wins over on push.
    """
    if not continuous and not on_push:
        raise InvalidRequestError("scanning set", "name at least one of --continuous, --on-push")
    layout = lay_out(LISTING, output, columns, query)
    given = ((ScanFrequency.CONTINUOUS, continuous), (ScanFrequency.ON_PUSH, on_push))
    rules = tuple(ScanningRule(frequency, tuple(filters)) for frequency, filters in given if filters)
    kept = _change(settings, ScanningConfiguration(rules=rules), wait=wait)
    layout.write(list(kept.rules))
    _tell_status(kept)


@takes_settings(Reach.ANYWHERE)
def reset_scanning(settings: Settings, *, wait: Wait = True) -> None:
    """Forget the rules: everything is scanned continuously again."""
    kept = _change(settings, ScanningConfiguration(), wait=wait)
    _tell(kept)
    _tell_status(kept)


def _change(settings: Settings, wanted: ScanningConfiguration, *, wait: bool) -> ScanningConfiguration:
    with reached(settings) as app:
        kept = app.change_scanning(wanted)
        if wait:
            app.apply_scanning()
            kept = app.scanning.load(settings.account)
    return kept


def _tell_status(configuration: ScanningConfiguration) -> None:
    if configuration.status is SettingStatus.PENDING:
        say(PENDING)
    if configuration.status is SettingStatus.FAILED:
        say("The change could not be applied; these rules stay in force.")
        raise typer.Exit(INCOMPLETE)


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
