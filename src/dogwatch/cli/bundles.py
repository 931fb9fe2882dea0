"""`dogwatch db export` and `dogwatch db import`: what is known of every feed, in one signed file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dogwatch.cli.command_line import opened
from dogwatch.cli.lists import Columns, Outputs, Query, Sort, lay_out, listing_of
from dogwatch.cli.options import switch
from dogwatch.cli.progress import showing_progress
from dogwatch.cli.rendering import Column, minute, rfc3339
from dogwatch.cli.settings_flags import takes_settings
from dogwatch.model.bundles import BundledFeed, CarriedFeed
from dogwatch.settings import Settings

Bundle = Annotated[Path, typer.Argument(help="the bundle", metavar="FILE", show_default=False)]
Key = Annotated[
    Path,
    typer.Option(
        "--key",
        help="private key that signs it, PEM (openssl genpkey -algorithm ed25519)",
        envvar="DOGWATCH_KEY",
        metavar="FILE",
        show_default=False,
    ),
]
Confirm = Annotated[
    bool, switch("believe it although it is older than what is held, or lost most records of a feed", "--confirm")
]


@takes_settings()
def export_feeds(
    settings: Settings,
    path: Bundle,
    *,
    key: Key,
    sort: Sort = None,
    output: Outputs = None,
    columns: Columns = None,
    query: Query = None,
) -> None:
    """Write what is known of every feed into one signed file, for a place without a network.

    All feeds as of one moment, each with its age. The same knowledge gives the same bytes. Nothing is asked of
    publishers: `dogwatch db update` does that before.
    """
    layout = lay_out(EXPORTED, output, columns, query, sort)
    with showing_progress() as tell, opened(settings, tell) as app:
        feeds = app.export_bundle(path.absolute(), key.absolute())
    layout.write(layout.arranged(feeds))


@takes_settings(also={"bundle_keys"})
def import_feeds(
    settings: Settings,
    path: Bundle,
    *,
    confirm: Confirm = False,
    sort: Sort = None,
    output: Outputs = None,
    columns: Columns = None,
    query: Query = None,
) -> None:
    """Take over what a bundle knows, as if the feeds had been fetched when it was written.

    A bundle that nobody signed whose key is trusted (DOGWATCH_BUNDLE_KEYS), that was changed, or that is older than
    what is held is refused as a whole. Feeds have the age they had there, so an old bundle is shown as stale. A feed
    that it lacks stays in force. Cut short, it loses nothing: typed again, it goes on behind the last feed.
    """
    layout = lay_out(IMPORTED, output, columns, query, sort)
    with showing_progress() as tell, opened(settings, tell) as app:
        feeds = list(app.import_bundle(path.absolute(), confirmed=confirm))
    layout.write(layout.arranged(feeds))


_EXPORTED: tuple[Column[BundledFeed], ...] = (
    Column("source", "SOURCE", lambda one: one.source),
    Column("ecosystem", "ECOSYSTEM", lambda one: one.ecosystem),
    Column("records", "RECORDS", lambda one: str(one.records)),
    Column("checked_at", "AS OF", lambda one: rfc3339(one.checked_at), lambda one: minute(one.checked_at)),
)
_IMPORTED: tuple[Column[CarriedFeed], ...] = (
    Column("source", "SOURCE", lambda one: one.feed.source),
    Column("ecosystem", "ECOSYSTEM", lambda one: one.feed.ecosystem),
    Column("records", "RECORDS", lambda one: str(one.feed.records)),
    Column("checked_at", "AS OF", lambda one: rfc3339(one.feed.checked_at), lambda one: minute(one.feed.checked_at)),
    Column("outcome", "OUTCOME", lambda one: str(one.outcome)),
    Column("differing", "DIFFERED", lambda one: str(one.differing)),
)
EXPORTED = listing_of(_EXPORTED)
IMPORTED = listing_of(_IMPORTED)
