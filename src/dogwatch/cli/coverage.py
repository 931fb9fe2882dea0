"""`dogwatch coverage`: what was looked at and what was not, by registry and status, and how old each feed is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from dogwatch.cli.command_line import Output, examples, opened
from dogwatch.cli.json_query import Query, asked_of, with_query
from dogwatch.cli.looked_at import add_up, place_of, sentences
from dogwatch.cli.ports import Views
from dogwatch.cli.rendering import Column, chosen_format, minute, rfc3339, short_digest, write_rows
from dogwatch.cli.settings_flags import takes_settings
from dogwatch.model.views import CoverageCount, ImageQuery, UnresolvedView
from dogwatch.settings import Settings

_PAGE = 1_000


@takes_settings()
def show_coverage(
    settings: Settings,
    *,
    unresolved: Annotated[
        bool, typer.Option("--unresolved", help="list the manifests that could not be resolved, and why")
    ] = False,
    output: Output = None,
    query: Query = None,
) -> None:
    """Say what was looked at: images by registry and status, with the gaps in them.

    Pending and failed images have no findings because nobody could look, not because they are clean. Unresolved
    manifests could not even be told to be images.
    """
    with opened(settings) as app:
        counts = app.views.count_coverage(ImageQuery(settings.account))
        looked = add_up(counts, app.views.feeds(), app.views.now())
        manifests = list(_unresolved(app.views, settings.account)) if unresolved else []
    footer = sentences(looked)
    if unresolved:
        write_rows(
            manifests,
            UNRESOLVED_COLUMNS,
            with_query(chosen_format(output), query),
            footer=footer,
            reshape=asked_of(query),
        )
        return
    if not counts:
        footer = f"No image is known yet.\n{footer}"
    write_rows(counts, COLUMNS, with_query(chosen_format(output), query), footer=footer, reshape=asked_of(query))


def _unresolved(views: Views, account_id: str) -> Iterator[UnresolvedView]:
    after = ""
    while True:
        page = views.unresolved(ImageQuery(account_id, limit=_PAGE, after=after))
        yield from page.rows
        after = page.next
        if not after:
            return


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


def add_to(application: typer.Typer) -> None:
    """Register the command."""
    application.command(
        "coverage", epilog=examples("dogwatch coverage", "dogwatch coverage --unresolved", "dogwatch coverage -o json")
    )(show_coverage)
