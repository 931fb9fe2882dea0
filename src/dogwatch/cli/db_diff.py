"""`dogwatch db diff`: what changed in the advisories between two moments, and what that did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated

import typer

from dogwatch.cli.command_line import reached
from dogwatch.cli.lists import USUAL_LIMIT, All, Columns, Limit, Outputs, Query, Sort, lay_out, listing_of
from dogwatch.cli.moments import past_moment
from dogwatch.cli.options import option
from dogwatch.cli.ports import Views
from dogwatch.cli.rendering import Column, minute, rfc3339
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.cli.taking import Taken
from dogwatch.model.journals import CHANGE_KINDS, AdvisoryChange, Boundary, DiffQuery, JournalDiff, Tally
from dogwatch.model.views import Page
from dogwatch.settings import Settings

_MOMENT = "a revision's number, a day, an RFC 3339 time, or how long ago (7d, 12h)"


@takes_settings(Reach.ANYWHERE)
def show_diff(
    settings: Settings,
    since: Annotated[str, typer.Argument(metavar="SINCE", help=_MOMENT, show_default=False)],
    until: Annotated[str, typer.Argument(metavar="[UNTIL]", help="the same; now where it is left out")] = "",
    *,
    kind: Annotated[list[str] | None, option(", ".join(CHANGE_KINDS), "--kind")] = None,
    sort: Sort = None,
    limit: Limit = USUAL_LIMIT,
    all: All = False,
    output: Outputs = None,
    columns: Columns = None,
    query: Query = None,
) -> None:
    """Show which advisories changed between two moments, and how many exposures began and ended because of what.

    Every change of every revision is listed, oldest first. Exposures are counted of packages that images of the account
    have or had; one that changes ends and begins again.
    """
    layout = lay_out(LISTING, output, columns, query, sort)
    kinds = frozenset(part.strip().lower() for one in kind or () for part in one.split(","))
    with reached(settings) as app:
        now = app.views.now()
        wanted = DiffQuery(
            settings.account,
            _boundary("since", since, now),
            _boundary("until", until, now) if until else None,
            kinds,
        )
        pages = _Pages(app.views, wanted)
        found = Taken(pages.fetch, None if all else limit, layout.order)
        layout.write(found, lambda: found.note + _footer(pages.first))


def _boundary(field: str, text: str, now: datetime) -> int | datetime:
    if text.isascii() and text.isdigit() and len(text) <= 10:
        return int(text)
    return past_moment(field, text, now)


class _Pages:
    """Pages of one list of changes; the first one has the counts."""

    first: JournalDiff

    def __init__(self, views: Views, wanted: DiffQuery) -> None:
        self._views = views
        self._wanted = wanted

    def fetch(self, limit: int, after: str) -> Page[AdvisoryChange]:
        """Return a page of changes."""
        page = self._views.diff(replace(self._wanted, limit=limit, after=after))
        if not after:
            self.first = page
        return Page(page.changes, page.next)


def _footer(one: JournalDiff) -> str:
    more = "at least " if one.are_more else ""
    return (
        f"From {_named(one.begin)} to {_named(one.end)}: {_sums(one.advisories) or 'no advisory changed'}.\n"
        f"Exposures of packages in the account's images: {more}{_total(one.begun)} begun"
        f"{_reasons(one.begun)}; {more}{_total(one.ended)} ended{_reasons(one.ended)}."
    )


def _named(one: Boundary) -> str:
    return f"revision {one.revision} ({minute(one.at)})" if one.revision else "the beginning"


def _total(several: Sequence[Tally]) -> str:
    return f"{sum(one.count for one in several):,}"


def _reasons(several: Sequence[Tally]) -> str:
    return f" ({_sums(several)})" if several else ""


def _sums(several: Sequence[Tally]) -> str:
    return ", ".join(f"{one.of} {one.count:,}" for one in several)


COLUMNS: tuple[Column[AdvisoryChange], ...] = (
    Column("revision", "REVISION", lambda one: str(one.revision)),
    Column("published_at", "AT", lambda one: rfc3339(one.published_at), lambda one: minute(one.published_at)),
    Column("kind", "CHANGE", lambda one: one.kind),
    Column("source", "SOURCE", lambda one: one.source, spare=1),
    Column("ecosystem", "FEED", lambda one: one.ecosystem),
    Column("advisory", "ADVISORY", lambda one: one.advisory),
    Column(
        "vulnerabilities",
        "VULNERABILITIES",
        lambda one: " ".join(one.vulnerabilities),
        lambda one: " ".join(one.vulnerabilities[:2]) + (" …" if len(one.vulnerabilities) > 2 else ""),
    ),
    Column("summary", "SUMMARY", lambda one: one.summary, lambda one: one.summary[:60], spare=2),
)
LISTING = listing_of(COLUMNS)
