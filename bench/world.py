"""A database full of packages, matched with the feeds, and of images that share inventories."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property

import psycopg

from bench.bed import Bed
from bench.images import ADD_IMAGES
from bench.inventories import make_inventories
from bench.packages import choose_packages, store_packages
from bench.timing import seconds_of
from dogwatch.app.process import App
from dogwatch.model.packages import Package
from dogwatch.model.registries import RegistryAccess
from dogwatch.store.connection import Database
from dogwatch.store.matching import match_new_packages


@dataclass(eq=False)
class World:
    """Databases, each a copy of the one before with more in it; made when they are first asked for.

    `matched_seconds` is how long the packages took to meet all ranges, `pairs` how many exposures came of it; both are
    known once `matched` is there.
    """

    bed: Bed
    pairs: int = 0
    ranges: int = 0
    _seconds: float = 0.0

    @cached_property
    def packages(self) -> tuple[list[Package], list[Package]]:
        """Packages of names that advisories know, and others."""
        return choose_packages(self.bed.bucket)

    @cached_property
    def ids(self) -> dict[Package, int]:
        """Package → its id in all of these databases."""
        with self.bed.opened(self.bed.copy(self.bed.imported, "unmatched")) as app:
            named, others = self.packages
            return store_packages(app.database, [*named, *others], app.clock.now())

    @cached_property
    def unmatched(self) -> str:
        """Name of a database with the feeds and all packages, which have not met yet."""
        assert self.ids  # stored now, if they were not
        with self.bed.opened(self.bed.address("unmatched")) as app:
            self.ranges = count(app.database, "SELECT count(*) FROM affected_range WHERE to_rev = 2147483647")
        return "unmatched"

    @cached_property
    def matched(self) -> str:
        """Name of a database in which they have met, with inventories and no images."""
        address = self.bed.copy(self.unmatched, "matched")
        self._seconds, self.pairs = match_all(self.bed, address)
        with self.bed.opened(address) as app:
            named, others = self.packages
            with app.database.transaction() as connection:
                make_inventories(connection, named, others, self.ids, app.clock.now())
        return "matched"

    @property
    def matched_seconds(self) -> float:
        """How long it took when `matched` was made."""
        assert self.matched  # made now, if it was not there
        return self._seconds

    @property
    def package_count(self) -> int:
        """How many package versions are stored."""
        return sum(map(len, self.packages))


@cache
def world_of(bed: Bed) -> World:
    """Return the bed's world; subjects share it."""
    return World(bed)


def match_all(bed: Bed, address: str) -> tuple[float, int]:
    """Let all stored packages meet all stored ranges; returns seconds until that is committed, and exposures."""
    with bed.opened(address) as app, psycopg.connect(address, autocommit=True) as plain:
        plain.execute("VACUUM (ANALYZE) package, affected_range, advisory, advisory_vulnerability")
        now, ids = app.clock.now(), [row[0] for row in plain.execute("SELECT id FROM package ORDER BY id")]

        def match() -> None:
            with app.database.transaction() as connection:
                match_new_packages(connection, ids, now)

        seconds = seconds_of(match)
        return seconds, count(app.database, "SELECT count(*) FROM exposure")


def add_images(app: App, account: str, images: int, now: datetime) -> str:
    """Add an account with so many images, which share the inventories; returns its registry's webhook secret."""
    _, secret = app.registries.add(account, "made-up", RegistryAccess("https://registry.example"), "eu-west-1")
    with app.database.transaction() as connection:
        connection.execute(ADD_IMAGES.encode(), {"account": account, "images": images, "now": now})
    with psycopg.connect(app.dsn, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) image, clocks, monitoring, repository, layer_chain, exposure")
    return secret


def count(database: Database, query: str, *values: object) -> int:
    """Return the one number that a query gives."""
    with database.transaction() as connection:
        row = connection.execute(query.encode(), values).fetchone()
    assert row is not None  # an aggregate always gives a row
    return int(str(row[0]))
