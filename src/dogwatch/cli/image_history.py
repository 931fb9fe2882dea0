"""`dogwatch images history`: all that is known of one image's watch, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from dogwatch.cli.command_line import reached
from dogwatch.cli.image_names import OneImage, one_image
from dogwatch.cli.lists import USUAL_LIMIT, All, Columns, Limit, Outputs, Query, Sort, lay_out, listing_of
from dogwatch.cli.ports import Views
from dogwatch.cli.rendering import Column, minute, plural, rfc3339
from dogwatch.cli.settings_flags import Reach, takes_settings
from dogwatch.model.deeds import DeedView
from dogwatch.model.histories import EventView, ImageHistory, IntervalView
from dogwatch.model.usage import UseView
from dogwatch.settings import Settings

_PAGE = 1_000  # events asked for at a time: as many as the API gives


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a history: what happened when, who did it, how and when we heard of it, and what is to be said."""

    at: datetime
    what: str
    who: str = ""
    how: str = ""
    heard_at: datetime | None = None
    detail: str = ""


@takes_settings(Reach.ANYWHERE)
def show_history(
    settings: Settings,
    *,
    image: OneImage,
    sort: Sort = None,
    limit: Limit = USUAL_LIMIT,
    all: All = False,
    output: Outputs = None,
    columns: Columns = None,
    query: Query = None,
) -> None:
    """Show the history of one image: when it was watched and what held it, every event, and what was done by hand.

    Newest first. Pulls that a later one outdid are kept for some days only; pushes, deletions, intervals and what was
    done by hand stay. --limit counts events.
    """
    layout = lay_out(LISTING, output, columns, query, sort)
    with reached(settings) as app:
        found = one_image(app.views, settings.account, image)
        history = _read(app.views, settings.account, found.image_id, None if all else limit)
    entries = sorted(_entries(history), key=lambda one: one.at, reverse=True)
    more = f"The newest {plural(len(history.events), 'event')}; there are more (--limit, --all).\n"
    layout.write(layout.arranged(entries), f"{more if history.next else ''}{found.why}")


def _read(views: Views, account_id: str, image_id: int, limit: int | None) -> ImageHistory:
    """Return the history with its newest events, up to a limit."""
    page = views.history(account_id, image_id, min(limit or _PAGE, _PAGE), "")
    events = page.events
    while page.next and (limit is None or len(events) < limit):
        left = _PAGE if limit is None else min(_PAGE, limit - len(events))
        page = views.history(account_id, image_id, left, page.next)
        events += page.events
    return replace(page, events=events)


def _entries(history: ImageHistory) -> Iterator[Entry]:
    for interval in history.intervals:
        yield from _of_interval(interval)
    for deed in history.deeds:
        yield _of_deed(deed)
    for use in history.uses:
        yield _of_use(use)
    for event in history.events:
        yield _of_event(event)


def _of_interval(one: IntervalView) -> Iterator[Entry]:
    frozen = "" if one.frozen_revision is None else f"; findings as of revision {one.frozen_revision}"
    yield Entry(one.from_at, "watch began", detail=f"{one.begin_reason}{frozen}")
    if one.to_at is not None:
        held = f"; held by: {one.held_by}" if one.held_by else ""
        yield Entry(one.to_at, "watch ended", detail=f"{one.end_reason}{held}")


def _of_deed(one: DeedView) -> Entry:
    until = f" until {minute(one.until)}" if one.until else ""
    clock = f" ({one.clock})" if one.clock else ""
    detail = "; ".join(part for part in (one.reason, one.outcome) if part)
    return Entry(one.at, f"{one.deed}{clock}{until}", one.by, "by hand", one.at, detail)


def _of_use(one: UseView) -> Entry:
    place = "/".join(part for part in (one.cluster, one.namespace, one.workload) if part)
    detail = f"{place}: {plural(one.count, 'container')}, first seen {minute(one.first_seen_at)}"
    return Entry(one.last_seen_at, "seen in use", one.reported_by, "reported", None, detail)


def _of_event(one: EventView) -> Entry:
    what = f"{one.kind}{f' as {one.tag}' if one.tag else ''}{' (its index)' if one.via_index else ''}"
    who = one.actor or one.user_agent
    address = f"from {one.client_address}" if one.client_address else ""
    note = f"counts for no clock: {one.note}" if one.note else ""
    detail = "; ".join(part for part in (address, note) if part)
    return Entry(one.occurred_at, what, who, str(one.origin), one.received_at, detail)


COLUMNS: tuple[Column[Entry], ...] = (
    Column("at", "AT", lambda one: rfc3339(one.at), lambda one: minute(one.at)),
    Column("what", "WHAT", lambda one: one.what),
    Column("who", "WHO", lambda one: one.who),
    Column("how", "HOW", lambda one: one.how, spare=2),
    Column("heard_at", "HEARD", lambda one: rfc3339(one.heard_at), lambda one: minute(one.heard_at), spare=1),
    Column("detail", "DETAIL", lambda one: one.detail),
)
LISTING = listing_of(COLUMNS)
