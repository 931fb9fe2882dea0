"""What is looked at once: the rooms handed to `flow.examination`, in a child process or here."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from dogwatch import __version__
from dogwatch.settings import Settings, process_environment

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from dogwatch.model.judgements import Examined
    from dogwatch.model.progress import Tell
    from dogwatch.model.targets import Target
    from dogwatch.store.clock import ProductClock
    from dogwatch.store.connection import Database


def examine_here(tell: Tell, settings: Settings, database: Database, clock: ProductClock, target: Target) -> Examined:
    """Find out what a thing contains, in this process.

    Raises:
        DogwatchError: it cannot be had or read.
    """
    from dogwatch.flow.examination import Reading, examine
    from dogwatch.registry.opened import ImageDoor, Neighbourhood
    from dogwatch.store.images import ImageStore
    from dogwatch.store.registries import RegistryStore

    registries = [one for one in RegistryStore(database, clock).load_all() if one.account_id == settings.account]
    around = Neighbourhood(registries, process_environment(), __version__, partial(_spool_folder, settings))
    door = ImageDoor(around, tell)
    store, account = ImageStore(database), settings.account
    reading = Reading(door.locate, door.open, partial(store.find_base, account), store, account, clock.now(), tell)
    return examine(reading, target)


def _spool_folder(settings: Settings) -> AbstractContextManager[Path]:
    from dogwatch.advisories.spool import spool_folder

    return spool_folder(settings.data / "spool")
