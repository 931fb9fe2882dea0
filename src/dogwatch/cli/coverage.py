"""`dogwatch coverage`: what was looked at and what was not, by registry and status, and how old each feed is."""

from __future__ import annotations

import typer

from dogwatch.cli.command_line import Output, examples, opened
from dogwatch.cli.looked_at import add_up, place_of, sentences
from dogwatch.cli.rendering import Column, chosen_format, write_rows
from dogwatch.cli.settings_flags import takes_settings
from dogwatch.model.views import CoverageCount, ImageQuery
from dogwatch.settings import Settings


@takes_settings()
def show_coverage(settings: Settings, *, output: Output = None) -> None:
    """Say what was looked at: images by registry and status, with the gaps in them.

    Pending and failed images have no findings because nobody could look, not because they are clean.
    """
    with opened(settings) as app:
        counts = app.views.count_coverage(ImageQuery(settings.account))
        looked = add_up(counts, app.views.feeds(), app.views.now())
    footer = sentences(looked)
    if not counts:
        footer = f"No image is known yet.\n{footer}"
    write_rows(counts, COLUMNS, chosen_format(output), footer=footer)


COLUMNS: tuple[Column[CoverageCount], ...] = (
    Column("registry", "REGISTRY", lambda one: one.registry_alias),
    Column("looked_at", "LOOKED AT", lambda one: place_of(one.status_code, one.status_reason)),
    Column("status", "STATUS", lambda one: one.status_code),
    Column("reason", "REASON", lambda one: one.status_reason),
    Column("images", "IMAGES", lambda one: str(one.images)),
    Column("gaps", "GAPS", lambda one: str(one.gaps)),
)


def add_to(application: typer.Typer) -> None:
    """Register the command."""
    application.command("coverage", epilog=examples("dogwatch coverage", "dogwatch coverage -o json"))(show_coverage)
