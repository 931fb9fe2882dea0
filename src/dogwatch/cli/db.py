"""`dogwatch db`: the advisories that are known, how old that knowledge is, and whether what follows from it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer

from dogwatch.cli.audits import audit
from dogwatch.cli.bundles import export_feeds, import_feeds
from dogwatch.cli.command_line import examples, new_group, reached
from dogwatch.cli.db_diff import show_diff
from dogwatch.cli.db_search import judge_package
from dogwatch.cli.errors import INCOMPLETE
from dogwatch.cli.lists import Columns, Outputs, Query, Sort, lay_out, listing_of
from dogwatch.cli.looked_at import feed_state, missing_sentence, stale_sentences, unread_sentences
from dogwatch.cli.options import option
from dogwatch.cli.ports import Views
from dogwatch.cli.progress import showing_progress
from dogwatch.cli.rendering import Column, as_document, minute, rfc3339, say
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.views import FeedView
from dogwatch.settings import Settings


@dataclass(frozen=True, slots=True)
class AgedFeed:
    """A feed and the moment at which its age is told."""

    feed: FeedView
    now: datetime


@takes_settings(Reach.ANYWHERE)
def show_feeds(
    settings: Settings, *, sort: Sort = None, output: Outputs = None, columns: Columns = None, query: Query = None
) -> None:
    """Show each feed of advisories: how many records, when it was asked and when it last changed.

    Below stands in words which answers rest on a feed that is stale, and which packages are not judged at all.
    """
    layout = lay_out(LISTING, output, columns, query, sort)
    with reached(settings) as app:
        feeds = _feeds(app.views)
    layout.write(layout.arranged(feeds), _advice(feeds, settings))


Confirmed = Annotated[
    list[str] | None,
    option(
        "believe this feed once, although it lost most of its records or is older than what is held; several times",
        "--confirm-shrink",
        metavar="SOURCE/ECOSYSTEM",
    ),
]


@takes_settings(Reach.ANYWHERE, every=True)
def update_feeds(
    settings: Settings,
    *,
    confirm_shrink: Confirmed = None,
    sort: Sort = None,
    output: Outputs = None,
    columns: Columns = None,
    query: Query = None,
) -> None:
    """Look at every feed now, and import what changed.

    What was imported stays in force where a feed cannot be had, and where it lost more than half of its records at
    once, until that is confirmed; the exit code is then 5. A service (--server) looks in its own time; what came of it
    tells `dogwatch db status`.
    """
    layout = lay_out(LISTING, output, columns, query, sort)
    confirmed = [_feed_named(text) for text in confirm_shrink or ()]
    with showing_progress() as tell, reached(settings, tell) as app:
        is_done = app.update_feeds(confirmed)
        feeds = _feeds(app.views)
    layout.write(layout.arranged(feeds), _advice(feeds, settings))
    if not is_done:
        say("The service looks at its feeds now; what came of it: dogwatch db status")
        return
    if any(one.feed.problem or one.feed.missing for one in feeds):
        raise typer.Exit(INCOMPLETE)


def _feeds(views: Views) -> list[AgedFeed]:
    now = views.now()
    return [AgedFeed(feed, now) for feed in views.feeds()]


def _feed_named(text: str) -> tuple[str, str]:
    source, _, ecosystem = text.partition("/")
    if not source or not ecosystem:
        raise InvalidRequestError("confirm-shrink", f"{text!r} is not SOURCE/ECOSYSTEM, such as osv/PyPI")
    return source, ecosystem


def _advice(several: Sequence[AgedFeed], settings: Settings) -> str:
    """Say in words what answers rest on, and what to type where feeds or lost records wait for something."""
    feeds = [one.feed for one in several]
    waiting = [f"{one.source}/{one.ecosystem}" for one in feeds if one.unconfirmed_loss]
    untold = [one for one in feeds if one.problem and (one.missing or not one.stale)]
    lines = [f"{one.source} {one.ecosystem}: {one.problem}" for one in untold]
    lines += unread_sentences(feeds)
    lines += [*stale_sentences(feeds), missing_sentence(feeds)]
    if settings.is_without_feeds and not settings.server:
        lines.append("No feed is asked (DOGWATCH_FEED_MIRROR=none): what is new comes by dogwatch db import FILE")
    elif any(one.missing and not one.problem for one in feeds):
        lines.append("What is being imported, and what waits for it: dogwatch jobs")
    lines += [f"If the loss is real: dogwatch db update --confirm-shrink {name}" for name in waiting]
    return "\n".join(line for line in lines if line)


COLUMNS: tuple[Column[AgedFeed], ...] = (
    Column("source", "SOURCE", lambda one: one.feed.source),
    Column("ecosystem", "ECOSYSTEM", lambda one: one.feed.ecosystem),
    Column("records", "RECORDS", lambda one: str(one.feed.records)),
    Column("refused", "REFUSED", lambda one: str(one.feed.refused)),
    Column("state", "STATE", lambda one: feed_state(one.feed, one.now)),
    Column("checked_at", "", lambda one: rfc3339(one.feed.checked_at)),
    Column("changed_at", "CHANGED", lambda one: rfc3339(one.feed.changed_at), lambda one: minute(one.feed.changed_at)),
    Column("problem", "", lambda one: one.feed.problem),
    Column("unconfirmed_loss", "", lambda one: str(one.feed.unconfirmed_loss)),
)
LISTING = listing_of(COLUMNS, lambda one: as_document(one.feed))


def add_to(application: typer.Typer) -> None:
    """Register the commands."""
    group = new_group("The advisories that are known, and what follows from them.")
    group.command("status", epilog=examples("dogwatch db status"))(show_feeds)
    group.command(
        "update",
        epilog=examples(
            "dogwatch db update",
            "dogwatch db update --feed-mirror /srv/osv --feeds Debian,PyPI",
            "dogwatch db update --confirm-shrink osv/PyPI",
        ),
    )(update_feeds)
    group.command("export", epilog=examples("dogwatch db export --key release.pem knowledge.bundle"))(export_feeds)
    group.command("import", epilog=examples("dogwatch db import --bundle-keys trusted.pem knowledge.bundle"))(
        import_feeds
    )
    group.command(
        "search",
        epilog=examples(
            "dogwatch db search requests 2.30.0 --ecosystem PyPI",
            "dogwatch db search 'pkg:deb/debian/libssl3@3.0.9-1?distro=debian-12&upstream=openssl'",
            "dogwatch db search lodash@4.17.4 --ecosystem npm -o json --query '[].vulnerability'",
        ),
    )(judge_package)
    group.command(
        "diff",
        epilog=examples(
            "dogwatch db diff 7d",
            "dogwatch db diff 41 42 --kind added,withdrawn --all",
            "dogwatch db diff 2026-03-03 2026-03-10 -o json --query '[].advisory'",
        ),
    )(show_diff)
    group.command("audit", epilog=examples("dogwatch db audit", "dogwatch db audit -o json"))(audit)
    application.add_typer(group, name="db")
