"""`dogwatch db`: the advisories that are known, and how old that knowledge is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from dogwatch.cli.command_line import Output, examples, new_group, opened
from dogwatch.cli.errors import INCOMPLETE
from dogwatch.cli.json_query import Query, asked_of, with_query
from dogwatch.cli.looked_at import feed_state
from dogwatch.cli.rendering import Column, chosen_format, minute, rfc3339, write_rows
from dogwatch.cli.settings_flags import takes_settings
from dogwatch.model.views import FeedView
from dogwatch.settings import Settings

if TYPE_CHECKING:
    from datetime import datetime


@takes_settings()
def show_feeds(settings: Settings, *, output: Output = None, query: Query = None) -> None:
    """Show each feed of advisories: how many records, when it was asked and when it last changed."""
    with opened(settings) as app:
        feeds, now = app.views.feeds(), app.views.now()
    _write(feeds, now, output, query)


@takes_settings(every=True)
def update_feeds(settings: Settings, *, output: Output = None) -> None:
    """Look at every feed now, and import what changed.

    What was imported stays in force where a feed cannot be had; the exit code is then 5.
    """
    with opened(settings) as app:
        app.update_feeds()
        feeds, now = app.views.feeds(), app.views.now()
    _write(feeds, now, output)
    if any(feed.problem or feed.missing for feed in feeds):
        raise typer.Exit(INCOMPLETE)


def _write(feeds: tuple[FeedView, ...], now: datetime, output: Output, query: str | None = None) -> None:
    columns: tuple[Column[FeedView], ...] = (
        Column("source", "SOURCE", lambda one: one.source),
        Column("ecosystem", "ECOSYSTEM", lambda one: one.ecosystem),
        Column("records", "RECORDS", lambda one: str(one.records)),
        Column("refused", "REFUSED", lambda one: str(one.refused)),
        Column("state", "STATE", lambda one: feed_state(one, now)),
        Column("checked_at", "", lambda one: rfc3339(one.checked_at)),
        Column("changed_at", "CHANGED", lambda one: rfc3339(one.changed_at), lambda one: minute(one.changed_at)),
        Column("problem", "PROBLEM", lambda one: one.problem, style=lambda _: "bold red"),
    )
    write_rows(feeds, columns, with_query(chosen_format(output), query), reshape=asked_of(query))


def add_to(application: typer.Typer) -> None:
    """Register the commands."""
    group = new_group("The advisories that are known.")
    group.command("status", epilog=examples("dogwatch db status"))(show_feeds)
    group.command(
        "update", epilog=examples("dogwatch db update", "dogwatch db update --feed-mirror /srv/osv --feeds Debian,PyPI")
    )(update_feeds)
    application.add_typer(group, name="db")
