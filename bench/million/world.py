"""Databases with many images, made when a subject first asks for them and shared by all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property

import psycopg

from bench.bed import Bed
from bench.million.fill import fill
from bench.million.shape import ACCOUNTS, Shape
from dogwatch.app.process import App
from dogwatch.store import migrations
from dogwatch.store.clock import machine_now

LARGEST = ACCOUNTS[0]
"""It has two images in three."""

FEW = 10_000
"""What the large databases are compared with."""


@dataclass(eq=False)
class Filled:
    """A database of so many images that nobody changes, and a copy for those who do."""

    bed: Bed
    images: int

    @cached_property
    def shape(self) -> Shape:
        """What was made, until when."""
        return Shape(self.images, machine_now().replace(second=0, microsecond=0))

    @property
    def now(self) -> datetime:
        """The moment that lists are read at: a little behind the last event."""
        return self.shape.now + timedelta(minutes=1)

    @cached_property
    def still(self) -> str:
        """Address of the database that is only read."""
        address = self.bed.copy("template1", f"images_{self.images}")
        migrations.migrate(address)
        fill(address, self.shape)
        return address

    @cached_property
    def moved(self) -> str:
        """Address of a copy that subjects change one after the other."""
        assert self.still  # made now, if it was not there
        return self.bed.copy(f"images_{self.images}", f"moved_{self.images}")

    @contextmanager
    def opened(self, *, to_change: bool) -> Iterator[App]:
        """Open the product in this process, over the one or the other."""
        with self.bed.opened(self.moved if to_change else self.still) as app:
            yield app


@cache
def filled(bed: Bed, images: int) -> Filled:
    """Return the databases of that many images."""
    return Filled(bed, images)


def vacuum(address: str, *tables: str) -> None:
    """Vacuum tables, as the server's own vacuum would after a while."""
    with psycopg.connect(address, autocommit=True) as connection:
        for table in tables:
            connection.execute(f"VACUUM (ANALYZE) {table}".encode())


def described(images: int) -> str:
    """Say what these databases are, for the page."""
    shape = Shape(images, machine_now())
    return (
        f"{images:,} made-up images (`./dev million`): {shape.applications:,} applications with lock files that drift, "
        f"on shared bases of ten releases, in {shape.repositories:,} repositories of three accounts (70, 25 and 5 of "
        "100); six images in ten are watched. Lists are read as the first account sees them."
    )
