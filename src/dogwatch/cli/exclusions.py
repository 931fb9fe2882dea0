"""`dogwatch exclusions`: whose events move no clock."""

from __future__ import annotations

from typing import Annotated

import typer

from dogwatch.cli.command_line import examples, new_group, reached
from dogwatch.cli.image_deeds import user_name
from dogwatch.cli.lists import Columns, Outputs, Query, Sort, lay_out, listing_of
from dogwatch.cli.options import option
from dogwatch.cli.rendering import Column, minute, rfc3339, say
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.exclusions import Exclusion, ExclusionKind
from dogwatch.settings import Settings

_KINDS = {"principal": ExclusionKind.PRINCIPAL, "agent": ExclusionKind.USER_AGENT, "address": ExclusionKind.ADDRESS}


@takes_settings(Reach.ANYWHERE)
def list_exclusions(
    settings: Settings, *, sort: Sort = None, output: Outputs = None, columns: Columns = None, query: Query = None
) -> None:
    """List whose events move no clock. Dogwatch's own reads never do."""
    layout = lay_out(LISTING, output, columns, query, sort)
    with reached(settings) as app:
        found = app.exclusions.list(settings.account)
    if not found:
        say("Nobody is excluded: every push and pull counts, except Dogwatch's own reads.")
    layout.write(layout.arranged(found))


@takes_settings(Reach.ANYWHERE)
def add_exclusion(
    settings: Settings,
    *,
    kind: Annotated[str, typer.Argument(metavar="KIND", help=" ".join(_KINDS), show_default=False)],
    pattern: Annotated[
        str, typer.Argument(metavar="PATTERN", help="'robot$mirror*', 'Trivy/*', 192.0.2.0/24", show_default=False)
    ],
    reason: Annotated[str, option("why", "--reason")] = "",
    output: Outputs = None,
    columns: Columns = None,
    query: Query = None,
) -> None:
    """Let the events of a principal, of a user agent or from a network move no clock from now on.

    They are still recorded, and the history of an image shows which entry kept them from counting. What was heard
    before stays as it is. Tags and deletions follow the registry whoever pushes.
    """
    layout = lay_out(LISTING, output, columns, query)
    if kind not in _KINDS:
        raise InvalidRequestError("kind", f"{kind!r} is none of {', '.join(_KINDS)}")
    with reached(settings) as app:
        added = app.exclusions.add(settings.account, _KINDS[kind], pattern, reason, user_name())
    layout.write([added])


@takes_settings(Reach.ANYWHERE)
def remove_exclusion(
    settings: Settings,
    *,
    number: Annotated[int, typer.Argument(metavar="ID", help="of the entry", min=1, show_default=False)],
) -> None:
    """End an entry: events that are heard from now on count again. What was heard before stays as it is."""
    with reached(settings) as app:
        app.exclusions.remove(settings.account, number, user_name())
    say(f"Exclusion {number} has ended.")


COLUMNS: tuple[Column[Exclusion], ...] = (
    Column("id", "ID", lambda one: str(one.id)),
    Column("kind", "KIND", lambda one: str(one.kind)),
    Column("pattern", "PATTERN", lambda one: one.pattern),
    Column("reason", "REASON", lambda one: one.reason),
    Column("added_at", "SINCE", lambda one: rfc3339(one.added_at), lambda one: minute(one.added_at), spare=1),
    Column("added_by", "BY", lambda one: one.added_by, spare=2),
)
LISTING = listing_of(COLUMNS)


def add_to(application: typer.Typer) -> None:
    """Register the commands."""
    group = new_group("Whose pushes and pulls move no clock: scanners, mirrors, whoever reads without anybody caring.")
    group.command("list", epilog=examples("dogwatch exclusions list"))(list_exclusions)
    group.command(
        "add",
        epilog=examples(
            "dogwatch exclusions add principal 'robot$mirror*' --reason 'nightly replication'",
            "dogwatch exclusions add agent 'Trivy/*'",
            "dogwatch exclusions add address 192.0.2.0/24",
        ),
    )(add_exclusion)
    group.command("remove", epilog=examples("dogwatch exclusions remove 3"))(remove_exclusion)
    application.add_typer(group, name="exclusions")
