"""`dogwatch accounts`: whether the account's images are scanned at all."""

from __future__ import annotations

import typer

from dogwatch.cli.command_line import examples, new_group, reached
from dogwatch.cli.errors import INCOMPLETE
from dogwatch.cli.lists import Columns, Outputs, Query, lay_out, listing_of
from dogwatch.cli.rendering import Column, minute, rfc3339, say
from dogwatch.cli.scanning import PENDING, Wait
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.model.accounts import AccountStatus
from dogwatch.settings import Settings


@takes_settings(Reach.ANYWHERE)
def show_status(settings: Settings, *, output: Outputs = None, columns: Columns = None, query: Query = None) -> None:
    """Say whether the account's images are scanned."""
    layout = lay_out(LISTING, output, columns, query)
    with reached(settings) as app:
        status = app.accounts.status(settings.account)
    layout.write([status])


@takes_settings(Reach.ANYWHERE)
def enable(
    settings: Settings, *, wait: Wait = True, output: Outputs = None, columns: Columns = None, query: Query = None
) -> None:
    """Have the account's images scanned again: those inside their windows are watched, without waiting for an event."""
    _switch(settings, output, columns, query, is_on=True, wait=wait)


@takes_settings(Reach.ANYWHERE)
def disable(
    settings: Settings, *, wait: Wait = True, output: Outputs = None, columns: Columns = None, query: Query = None
) -> None:
    """Have none of the account's images scanned: their findings close. What registries tell is still recorded."""
    _switch(settings, output, columns, query, is_on=False, wait=wait)


def _switch(settings: Settings, output: Outputs, columns: Columns, query: Query, *, is_on: bool, wait: bool) -> None:
    layout = lay_out(LISTING, output, columns, query)
    with reached(settings) as app:
        status = app.switch_account(is_on=is_on)
        if wait:
            app.apply_scanning()
            status = app.accounts.status(settings.account)
    layout.write([status])
    if not status.state.is_settled:
        say(PENDING)
    if status.problem:
        say(f"The change could not be applied: {status.problem}")
        raise typer.Exit(INCOMPLETE)


COLUMNS: tuple[Column[AccountStatus], ...] = (
    Column("account", "ACCOUNT", lambda one: one.account_id),
    Column("state", "STATE", lambda one: str(one.state)),
    Column("changed_at", "SINCE", lambda one: rfc3339(one.changed_at), lambda one: minute(one.changed_at)),
    Column("problem", "", lambda one: one.problem),
)
LISTING = listing_of(COLUMNS)


def add_to(application: typer.Typer) -> None:
    """Register the commands."""
    group = new_group("Whether the account's images are scanned at all.")
    group.command("status", epilog=examples("dogwatch accounts status"))(show_status)
    group.command("enable", epilog=examples("dogwatch accounts enable"))(enable)
    group.command("disable", epilog=examples("dogwatch accounts disable"))(disable)
    application.add_typer(group, name="accounts")
