"""What people do to an image by hand: it takes its effect and is written down in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from dogwatch.model.deeds import MAX_TOUCHES, Deed, DeedRequest, DeedView, Hold
from dogwatch.model.errors import NotFoundError
from dogwatch.model.monitoring import ActivityMode, Clock, Clocks, ScanFrequency
from dogwatch.model.registries import ManifestToResolve
from dogwatch.model.times import FOREVER
from dogwatch.store.accounts import share_accounts
from dogwatch.store.bill_turns import ask_for_bills_of
from dogwatch.store.connection import Database
from dogwatch.store.histories import deed_view
from dogwatch.store.moves import move_images
from dogwatch.store.queries import load_queries
from dogwatch.store.text import MAX_KEY, storable
from dogwatch.windows import Happening
from dogwatch.windows.deeds import Situation, check_deed, check_request

_SQL = load_queries("deeds")

_READS = {
    "pending": "it is read as soon as a worker comes to it",
    "failed": "it could not be read before; it is read again as soon as a worker comes to it",
    "indexed": "it is read again only if that was by older extractors; its findings follow the advisories anyway",
}
"""What a scan comes to, by how the image stood."""


@dataclass(frozen=True, slots=True)
class Done:
    """A deed that was done, and the work that follows: manifests to resolve, and whether to index the image."""

    view: DeedView
    to_resolve: tuple[ManifestToResolve, ...]
    indexes: bool


class DeedStore:
    """Does deeds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def do(self, account_id: str, image_id: int, request: DeedRequest, now: datetime) -> Done:
        """Do a deed.

        Raises:
            NotFoundError: the account has no such image.
            InvalidRequestError: nobody can do this, or not to this image as it stands; nothing is changed.
        """
        check_request(request, now)
        values = {"image": image_id, "now": now}
        with self._database.transaction() as connection:
            if connection.execute(_SQL["account_of"], values).fetchone() != (account_id,):
                raise NotFoundError("image", str(image_id))
            share_accounts(connection, [account_id])
            connection.execute(_SQL["lock_clocks"], values)
            check_deed(request.deed, _situation(connection, values), now)
            clock = _clock(connection, values, request)
            if request.deed is Deed.SCAN:
                to_resolve: tuple[ManifestToResolve, ...] = ()
                outcome = _retry(connection, values)
            else:
                to_resolve = move_images(connection, {image_id: _happening(request, clock, now)}, now)
                outcome = _outcome(connection, values)
            columns = {
                **values,
                "deed": str(request.deed),
                "by": storable(request.by, MAX_KEY),
                "reason": storable(request.reason.strip()),
                "until": request.until,
                "clock": clock and str(clock),
                "outcome": outcome,
            }
            row = connection.execute(_SQL["save"], columns).fetchone()
            assert row is not None  # INSERT … RETURNING
            if request.deed is Deed.TOUCH:
                connection.execute(_SQL["trim_touches"], {**values, "kept": MAX_TOUCHES})
            return Done(deed_view(row), to_resolve, indexes=request.deed is Deed.SCAN)


@dataclass(slots=True)
class Hands:
    """What stands of deeds: the newest hold by image, and the newest "forget" where nothing came after it."""

    holds: dict[int, Hold] = field(default_factory=dict)
    forgotten: dict[int, str] = field(default_factory=lambda: defaultdict(str))


def load_hands(connection: psycopg.Connection, ids: Sequence[int]) -> Hands:
    """Return what stands of deeds on these images; a hold that was released is among them (see `clocks.hold_until`)."""
    hands = Hands()
    for image_id, deed, at, by, reason, until in connection.execute(_SQL["hands"], {"ids": list(ids)}).fetchall():
        if deed == Deed.HOLD:
            hands.holds[image_id] = Hold(until, by, reason, at)
        else:
            why = f" ({reason})" if reason else ""
            hands.forgotten[image_id] = f"forgotten by {by} on {at.date().isoformat()}{why}"
    return hands


def _situation(connection: psycopg.Connection, values: Mapping[str, object]) -> Situation:
    row = connection.execute(_SQL["situation"], values).fetchone()
    assert row is not None  # every image has clocks
    exists, frequency, *rest = row
    return Situation(exists, ScanFrequency(frequency), *rest)


def _clock(connection: psycopg.Connection, values: Mapping[str, object], request: DeedRequest) -> Clock | None:
    """Return the clock that a touch moves: the one asked for, or the one that the activity window counts from."""
    if request.deed is not Deed.TOUCH or request.clock is not None:
        return request.clock
    mode = connection.execute(_SQL["activity_mode"], values).fetchone()
    return Clock.IN_USE if mode == (ActivityMode.LAST_IN_USE,) else Clock.PULL


def _happening(request: DeedRequest, clock: Clock | None, now: datetime) -> Happening:
    pushed_at = now if request.deed is Deed.RESTORE else None
    clocks = Clocks(pushed_at, now if clock is Clock.PULL else None, now if clock is Clock.IN_USE else None)
    pulled_by = storable(request.by, MAX_KEY) if clock is Clock.PULL else ""
    return Happening(clocks, pulled_by, deed=request.deed, hold_until=request.until)


def _retry(connection: psycopg.Connection, values: Mapping[str, object]) -> str:
    row = connection.execute(_SQL["retry"], values).fetchone()
    assert row is not None  # the image was found before
    ask_for_bills_of(connection, row[1])
    return _READS[row[0]]


def _outcome(connection: psycopg.Connection, values: Mapping[str, object]) -> str:
    row = connection.execute(_SQL["watch"], values).fetchone()
    assert row is not None  # every image has clocks
    is_watched, until, held_by = row
    if not is_watched:
        return "not watched"
    if until >= FOREVER:
        return "watched as long as it exists"
    return f"watched until {until.date().isoformat()}, held by: {held_by}"
