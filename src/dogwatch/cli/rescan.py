"""`dogwatch rescan`: how long images are watched after a push, a pull, or their last use."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from dogwatch.cli.command_line import examples, new_group, reached
from dogwatch.cli.errors import INCOMPLETE
from dogwatch.cli.lists import Columns, Outputs, Query, lay_out, listing_of
from dogwatch.cli.options import option, switch
from dogwatch.cli.rendering import Column, minute, rfc3339, say
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.cli.what_if import preview_windows
from dogwatch.cli.window_options import Activity, Mode, Preset, Push, ScopeName, read_wish
from dogwatch.cli.writers import Listing
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.monitoring import RescanSetting, SettingStatus
from dogwatch.model.scopes import Scope
from dogwatch.model.what_if import WindowWish
from dogwatch.settings import Settings


@takes_settings(Reach.ANYWHERE)
def show_windows(
    settings: Settings,
    *,
    scope: ScopeName = None,
    output: Outputs = None,
    columns: Columns = None,
    query: Query = None,
) -> None:
    """Show the windows: how long images are watched after a push, and after activity."""
    asked = Scope.parse(scope or "")
    layout = lay_out(_listing(asked), output, columns, query)
    with reached(settings) as app:
        setting = app.rescan_settings.load(settings.account, asked)
    layout.write([setting])
    _say_inherited(setting)


@takes_settings(Reach.ANYWHERE)
def list_scopes(settings: Settings, *, output: Outputs = None, columns: Columns = None, query: Query = None) -> None:
    """List the account and every scope that sets windows of its own, with where each window comes from."""
    layout = lay_out(LISTING, output, columns, query)
    with reached(settings) as app:
        scopes = app.rescan_settings.load_scopes(settings.account)
    layout.write(list(scopes))


@takes_settings(Reach.ANYWHERE)
def set_windows(
    settings: Settings,
    *,
    scope: ScopeName = None,
    push: Push = None,
    activity: Activity = None,
    mode: Mode = None,
    preset: Preset = None,
    inherit_from: Annotated[
        str | None, option("have the windows of this account, until others are set; on this machine", "--inherit-from")
    ] = None,
    wake: Annotated[
        bool, switch("watch images again that are then inside; not those deleted or forgotten by hand", "--wake")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="let it take effect now", envvar="DOGWATCH_WAIT")
    ] = True,
    output: Outputs = None,
    columns: Columns = None,
    query: Query = None,
) -> None:
    """Change the windows; what is not named stays as it is.

    A shorter window ends the watch of images that are now outside it; a longer one wakes none that had expired,
    unless --wake says so. What a scope does not set, or sets to inherited, comes from the most specific scope around
    it, in the end from the account.
    """
    wish = read_wish(push, activity, mode, preset, scope)
    if inherit_from is not None and (wake or wish != WindowWish()):
        raise InvalidRequestError("inherit-from", "takes all windows from that account; name none beside it, no scope")
    if inherit_from is None and not wake and wish == WindowWish(scope=wish.scope):
        given = "--push, --activity, --mode, --preset, --inherit-from, --wake"
        raise InvalidRequestError("rescan set", f"name at least one of {given}")
    layout = lay_out(_listing(wish.scope), output, columns, query)
    with reached(settings) as app:
        setting = app.request_windows(wish, wakes=wake) if inherit_from is None else app.inherit_windows(inherit_from)
        if wait:
            app.apply_windows()
            setting = app.rescan_settings.load(settings.account, wish.scope)
    layout.write([setting])
    _say_inherited(setting)
    if setting.status is SettingStatus.PENDING:
        say("The change takes effect when a worker comes to it: dogwatch serve, or dogwatch worker.")
    if setting.status is SettingStatus.FAILED:
        raise typer.Exit(INCOMPLETE)


def _say_inherited(setting: RescanSetting) -> None:
    if setting.inherited_from:
        say(f"The account's windows are those of account {setting.inherited_from}, until it sets its own.")


COLUMNS: tuple[Column[RescanSetting], ...] = (
    Column("push", "AFTER A PUSH", lambda one: str(one.push_window)),
    Column("activity", "AFTER ACTIVITY", lambda one: str(one.activity_window)),
    Column("mode", "ACTIVITY IS", lambda one: one.activity_mode, keeps_words=True),
    Column("scope", "SCOPE", lambda one: str(one.scope)),
    Column("push_from", "PUSH WINDOW OF", lambda one: str(one.origin.push)),
    Column("activity_from", "ACTIVITY WINDOW OF", lambda one: str(one.origin.activity)),
    Column("mode_from", "ACTIVITY OF", lambda one: str(one.origin.mode)),
    Column("inherited_from", "", lambda one: one.inherited_from),
    Column("status", "STATUS", lambda one: one.status),
    Column("updated_at", "SINCE", lambda one: rfc3339(one.updated_at), lambda one: minute(one.updated_at)),
)
LISTING = listing_of(COLUMNS)

# The account inherits nothing: in a table of its windows alone, these columns say nothing.
_OF_SCOPES = ("scope", "push_from", "activity_from", "mode_from")
ACCOUNT_LISTING = listing_of([replace(one, heading="") if one.name in _OF_SCOPES else one for one in COLUMNS])


def _listing(scope: Scope) -> Listing[RescanSetting, RescanSetting]:
    return ACCOUNT_LISTING if scope.is_account else LISTING


def add_to(application: typer.Typer) -> None:
    """Register the commands."""
    group = new_group("How long images are watched.")
    group.command("show", epilog=examples("dogwatch rescan show", "dogwatch rescan show --scope local/shop/web"))(
        show_windows
    )
    group.command(
        "set",
        epilog=examples(
            "dogwatch rescan set --push 30d --activity 90d",
            "dogwatch rescan set --push lifetime --mode either",
            "dogwatch rescan set --preset inspector",
            "dogwatch rescan set --scope 'local/team-*' --push 180d",
            "dogwatch rescan set --scope 'local/team-*' --push inherited",
            "dogwatch rescan set --push 180d --wake",
            "DOGWATCH_ACCOUNT=222222222222 dogwatch rescan set --inherit-from 111111111111",
        ),
    )(set_windows)
    group.command(
        "what-if",
        epilog=examples(
            "dogwatch rescan what-if --push 30d --activity 30d",
            "dogwatch rescan what-if --preset inspector -o json",
            "dogwatch rescan what-if --scope 'local/team-*' --push 14d --leaving --all -o csv",
            "dogwatch rescan what-if --push 180d --wakeable",
        ),
    )(preview_windows)
    group.command("scopes", epilog=examples("dogwatch rescan scopes"))(list_scopes)
    application.add_typer(group, name="rescan")
