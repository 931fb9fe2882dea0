"""The history of one image: when it was watched and why, what happened to it, and what was done to it by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dogwatch.model.deeds import DeedView
from dogwatch.model.registries import EventKind, EventOrigin
from dogwatch.model.usage import UseView


@dataclass(frozen=True, slots=True)
class IntervalView:
    """One interval of monitoring, half-open: `to_at` is the first moment outside, None while it is open.

    `held_by` is what held it at its end, or holds it now; empty where that was not kept. `is_looked_at` says whether
    the image had an inventory in it; `frozen_revision` that its findings stay as of that revision.
    """

    from_at: datetime
    to_at: datetime | None
    begin_reason: str
    end_reason: str
    held_by: str
    is_looked_at: bool
    frozen_revision: int | None


@dataclass(frozen=True, slots=True)
class EventView:
    """One event of an image or of an index that it stands behind (`via_index`, its digest; empty: its own).

    `occurred_at` is when it happened, `received_at` when we heard of it. `counts` says whether it moves the image's
    clocks; our own reads never do.
    """

    kind: EventKind
    origin: EventOrigin
    tag: str
    via_index: str
    occurred_at: datetime
    received_at: datetime
    actor: str
    user_agent: str
    client_address: str
    counts: bool
    note: str


@dataclass(frozen=True, slots=True)
class ImageHistory:
    """A page of an image's history, each list newest first; `next` leads to older events and is empty at the end.

    Intervals and deeds are whole on every page, up to a limit that no image of a real registry reaches. `uses` are the
    places where it was seen running, the latest.
    """

    intervals: tuple[IntervalView, ...]
    deeds: tuple[DeedView, ...]
    events: tuple[EventView, ...]
    next: str
    uses: tuple[UseView, ...] = ()
