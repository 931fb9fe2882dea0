"""`dogwatch coverage`: what was looked at and what was not, by registry and status, and how old each feed is."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from dogwatch.cli.command_line import examples, reached
from dogwatch.cli.lists import Columns, Outputs, Query, Sort, lay_out, listing_of
from dogwatch.cli.looked_at import add_up, look, place_of, sentences
from dogwatch.cli.options import switch
from dogwatch.cli.rendering import Column, minute, rfc3339, short_digest
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.cli.taking import Taken
from dogwatch.model.coverage import CoverageCount
from dogwatch.model.views import ImageQuery, UnresolvedView
from dogwatch.settings import Settings


@takes_settings(Reach.ANYWHERE)
def show_coverage(
    settings: Settings,
    *,
    unresolved: Annotated[
        bool, switch("list the manifests that could not be resolved, and why", "--unresolved")
    ] = False,
    sort: Sort = None,
    output: Outputs = None,
    columns: Columns = None,
    query: Query = None,
) -> None:
    """Say what was looked at: images by registry and status, with the gaps in them.

    Pending and failed images have no findings because nobody could look, not because they are clean. Unresolved
    manifests could not even be told to be images.
    """
    if unresolved:
        manifests = lay_out(UNRESOLVED, output, columns, query, sort)
        wanted = ImageQuery(settings.account)
        with reached(settings) as app:
            views = app.views
            found = Taken(lambda size, after: views.unresolved(replace(wanted, limit=size, after=after)), None)
            manifests.write(manifests.arranged(found), lambda: sentences(look(views, ImageQuery(settings.account))))
        return
    layout = lay_out(COUNTS, output, columns, query, sort)
    with reached(settings) as app:
        counts = app.views.count_coverage(ImageQuery(settings.account))
        footer = sentences(add_up(counts, app.views.feeds(), app.views.now()))
    layout.write(layout.arranged(counts), footer if counts else f"No image is known yet.\n{footer}")


COLUMNS: tuple[Column[CoverageCount], ...] = (
    Column("registry", "REGISTRY", lambda one: one.registry_alias),
    Column("looked_at", "LOOKED AT", lambda one: place_of(one.status_code, one.status_reason)),
    Column("status", "STATUS", lambda one: one.status_code),
    Column("reason", "REASON", lambda one: one.status_reason),
    Column("images", "IMAGES", lambda one: str(one.images)),
    Column("gaps", "GAPS", lambda one: str(one.gaps)),
    Column("unresolved", "UNRESOLVED", lambda one: str(one.unresolved)),
)
UNRESOLVED_COLUMNS: tuple[Column[UnresolvedView], ...] = (
    Column("registry", "REGISTRY", lambda one: one.registry_alias),
    Column("repository", "REPOSITORY", lambda one: one.repository),
    Column("tags", "TAGS", lambda one: " ".join(one.tags)),
    Column("digest", "DIGEST", lambda one: one.digest, lambda one: short_digest(one.digest)),
    Column("reason", "REASON", lambda one: one.status_reason),
    Column("attempts", "TRIED", lambda one: str(one.attempts)),
    Column("tried_at", "LAST", lambda one: rfc3339(one.tried_at), lambda one: minute(one.tried_at)),
    Column("problem", "PROBLEM", lambda one: one.problem),
)
COUNTS = listing_of(COLUMNS)
UNRESOLVED = listing_of(UNRESOLVED_COLUMNS)


def add_to(application: typer.Typer) -> None:
    """Register the command."""
    application.command(
        "coverage", epilog=examples("dogwatch coverage", "dogwatch coverage --unresolved", "dogwatch coverage -o json")
    )(show_coverage)
