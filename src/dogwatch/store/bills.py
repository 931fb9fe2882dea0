"""Bills of materials that are attached to watched images: what they add to an image whose turn it is (`bill_turns`).

What only bills name is a package set of its own. An inventory that is the chain's and that set hangs on the image, so
images that share their layers never share a bill.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import psycopg

from dogwatch.inventory.addresses import address_extension, address_set
from dogwatch.model.bills import BillsToRead, Witnessed
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import Package, PackageSet
from dogwatch.store.accounts import share_accounts
from dogwatch.store.connection import Database
from dogwatch.store.inventories import admit_packages
from dogwatch.store.packages import save_set
from dogwatch.store.provenance import encode_listed
from dogwatch.store.queries import load_queries
from dogwatch.store.retries import INDEX_PAUSES
from dogwatch.store.text import storable
from dogwatch.store.watch import BILLS_READ, give_inventory

_SQL = load_queries("bills")
_CONTENTS = load_queries("contents")
_DEEDS = load_queries("deeds")

_SOURCE: Final = "sbom"
"""Stands as the source of the set of what only bills name."""

_INDEXES_MAX: Final = 4
"""Image indexes of one image that are looked into for build attestations: the newest say what the others said."""


class BillStore:
    """Implements `flow.ports.BillStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load_due(self, now: datetime, limit: int) -> tuple[int, ...]:
        """Return images whose bills are to be looked at, those first that an event asks for."""
        with self._database.transaction() as connection:
            connection.execute(_SQL["rest"], {"now": now})
            rows = connection.execute(_SQL["due"], {"now": now, "limit": limit}).fetchall()
        return tuple(row[0] for row in rows)

    def load(self, image_id: int) -> BillsToRead | None:
        """Return an image whose bills are to be looked at; None where there is none, or nothing was read of it yet."""
        with self._database.transaction() as connection:
            looked = _look(connection, image_id)
            if looked is None:
                return None
            rows = connection.execute(_CONTENTS["packages"], {"inventory": looked.inventory_id}).fetchall()
        return replace(looked, packages={each[0]: Package(*each[1:]) for each in rows})

    def save(self, looked: BillsToRead, witnessed: Witnessed, next_at: datetime, now: datetime) -> None:
        """Store what the bills say, in place of what they said; monitoring that is open goes on with it.

        New packages meet the stored ranges in the same transaction. Nothing happens where the image's layers were read
        anew meanwhile: the look, which was asked for by that, comes again.
        """
        with self._database.transaction() as connection:
            saved = admit_packages(connection, witnessed.only, now)
            sets = (address_set(_SOURCE, witnessed.only),) if witnessed.only else ()
            set_ids = [save_set(connection, one, saved.ids) for one in sets]
            if not _hold(connection, looked):
                return
            own = None
            if sets or witnessed.gaps:
                own = _extend(connection, looked.inventory_id, sets, set_ids, witnessed.gaps, now)
            _give(connection, looked, own, now)
            ids = {package: number for number, package in looked.packages.items()} | saved.ids
            listed = encode_listed(witnessed.named, ids) if witnessed.named else None
            values = {"image": looked.image_id, "listed": listed, "asked": looked.asked, "next_at": next_at, "now": now}
            connection.execute(_SQL["finish"], values)

    def fail(self, image_id: int, problem: str, now: datetime) -> None:
        """Keep what the bills said when they could be had, and say with the image, once, that they cannot.

        They are asked for again after a pause.
        """
        with self._database.transaction() as connection:
            looked = _look(connection, image_id)
            if looked is None or not _hold(connection, looked):
                return
            values = {"image": image_id, "pauses": list(INDEX_PAUSES), "now": now}
            failed = connection.execute(_SQL["fail"], values).fetchone()
            if failed == (1,):
                (own,) = connection.execute(_SQL["own"], {"image": image_id}).fetchone() or (None,)
                gap = Gap(GapKind.ATTACHED_BILL_UNREAD, "", problem)
                extended = _extend(connection, own or looked.inventory_id, (), (), (gap,), now)
                _give(connection, looked, extended, now)

    def forget(self, looked: BillsToRead, now: datetime) -> None:
        """Leave to an image what its layers hold: bills are not believed any more."""
        with self._database.transaction() as connection:
            if _hold(connection, looked):
                _give(connection, looked, None, now)
                connection.execute(_SQL["forget"], {"image": looked.image_id})


def _look(connection: psycopg.Connection, image_id: int) -> BillsToRead | None:
    """Return an image whose bills are to be looked at, without its packages."""
    row = connection.execute(_SQL["look"], {"image": image_id, "indexes": _INDEXES_MAX}).fetchone()
    if row is None:
        return None
    *told, indexes = row
    members = (*told, tuple(indexes), {})
    return BillsToRead(image_id, *members)


def _hold(connection: psycopg.Connection, looked: BillsToRead) -> bool:
    """Hold an image and its layers; False where these have another inventory by now."""
    share_accounts(connection, [looked.account_id])
    held = connection.execute(_SQL["hold_chain"], {"chain": looked.chain_id}).fetchone()
    connection.execute(_DEEDS["lock_clocks"], {"image": looked.image_id})
    return held == (looked.inventory_id,)


def _give(connection: psycopg.Connection, looked: BillsToRead, own: int | None, now: datetime) -> None:
    connection.execute(_SQL["give"], {"image": looked.image_id, "own": own})
    give_inventory(connection, [looked.image_id], own or looked.inventory_id, BILLS_READ, now)


def _extend(
    connection: psycopg.Connection,
    base_id: int,
    sets: tuple[PackageSet, ...],
    set_ids: Sequence[int],
    gaps: tuple[Gap, ...],
    now: datetime,
) -> int:
    """Return the id of the inventory that is another one and these sets and gaps."""
    base = connection.execute(_SQL["digest_of"], {"inventory": base_id}).fetchone()
    assert base is not None  # inventories are never deleted
    digest = bytes.fromhex(address_extension(f"sha256:{base[0].hex()}", sets, gaps).removeprefix("sha256:"))
    values = {
        "digest": digest,
        "base": base_id,
        "sets": sorted(set(set_ids)),
        "ordinals": list(range(len(gaps))),
        "kinds": [str(gap.kind) for gap in gaps],
        "paths": [storable(gap.path) for gap in gaps],
        "details": [storable(gap.detail) for gap in gaps],
        "now": now,
    }
    made = connection.execute(_SQL["insert_extension"], values).fetchone()
    if made is None:
        made = connection.execute(load_queries("inventories")["known_inventory"], values).fetchone()
    assert made is not None  # the insert conflicted, so it is there
    return int(made[0])
