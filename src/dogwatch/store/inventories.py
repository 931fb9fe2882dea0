"""Inventories: new packages meet the stored ranges in the transaction that makes them visible."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import psycopg

from dogwatch.model.packages import Inventory, Package, Provenance
from dogwatch.store.connection import Database
from dogwatch.store.locks import share_ecosystems
from dogwatch.store.matching import match_new_packages
from dogwatch.store.packages import SavedPackages, save_packages, save_set
from dogwatch.store.provenance import encode_provenance
from dogwatch.store.queries import load_queries
from dogwatch.store.watch import attach_inventory
from dogwatch.versions import family_of

_SQL = load_queries("inventories")


class InventoryStore:
    """Stores what images contain. Implements `flow.ports.InventoryStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save_inventory(
        self, chain_id: int, fingerprint: str, inventory: Inventory, provenance: Sequence[Provenance], now: datetime
    ) -> None:
        """Store an inventory and attach it to every image of the chain, all in one transaction.

        When it commits, the packages are matched: no image is ever visible with packages that nobody judged. Saving the
        same inventory again changes nothing.
        """
        packages = {package for one in inventory.sets for package in one.packages}
        with self._database.transaction() as connection:
            saved = admit_packages(connection, packages, now)
            set_ids = [save_set(connection, one, saved.ids) for one in inventory.sets]
            inventory_id = _save(connection, inventory, set_ids, now)
            encoded = encode_provenance(provenance, saved.ids)
            connection.execute(_SQL["save_provenance"], {"chain": chain_id, "provenance": encoded})
            attach_inventory(connection, chain_id, inventory_id, fingerprint, now)


def admit_packages(connection: psycopg.Connection, packages: Collection[Package], now: datetime) -> SavedPackages:
    """Store the packages that are new and let them meet the stored ranges.

    From here to the end of the transaction no publication of their ecosystems can pass them unseen.
    """
    share_ecosystems(connection, {family_of(package.ecosystem) for package in packages})
    saved = save_packages(connection, packages, now)
    match_new_packages(connection, saved.new_ids, now)
    return saved


def _save(connection: psycopg.Connection, inventory: Inventory, set_ids: Sequence[int], now: datetime) -> int:
    found = inventory.distribution
    values = {
        "digest": bytes.fromhex(inventory.digest.removeprefix("sha256:")),
        "distribution": found.name if found else "",
        "release": found.version if found else "",
        "pretty_name": found.pretty_name if found else "",
        "ecosystem": found.ecosystem if found else "",
        "now": now,
    }
    inserted = connection.execute(_SQL["insert_inventory"], values).fetchone()
    if inserted is None:
        known = connection.execute(_SQL["known_inventory"], values).fetchone()
        assert known is not None  # the insert conflicted, so it is there
        return int(known[0])
    inventory_id = int(inserted[0])
    connection.execute(_SQL["insert_inventory_sets"], {"inventory": inventory_id, "sets": sorted(set(set_ids))})
    gaps = inventory.gaps
    columns = {
        "inventory": inventory_id,
        "ordinals": list(range(len(gaps))),
        "kinds": [str(gap.kind) for gap in gaps],
        "paths": [gap.path for gap in gaps],
        "details": [gap.detail for gap in gaps],
    }
    connection.execute(_SQL["insert_gaps"], columns)
    return inventory_id
