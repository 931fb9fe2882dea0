"""What all subjects stand on: a folder, a PostgreSQL server, databases copied from one another, the feeds."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from bench.advisories import ECOSYSTEMS, open_bucket
from dogwatch.app.process import App, build
from dogwatch.flow.feeds import update_feed
from dogwatch.settings import load_settings, process_environment
from dogwatch.store import migrations
from dogwatch.store.embedded import EmbeddedServer
from tests.simulators.buckets import FeedBucket

ACCOUNT = "123456789012"
_NOT_OURS = ("DOGWATCH_", "PYTHONDONTWRITEBYTECODE")
"""The user's own settings have no say; and an installed program has compiled modules, which a first start writes."""

IMAGES = 100_000
"""As many as a run of some minutes can afford; `--images 1000000` measures what the design speaks of."""


@dataclass(eq=False)
class Bed:
    """A folder, a server, and what has been made in it so far; every property is made when it is first asked for."""

    folder: Path
    server: str
    shared: Path | None
    images: int = IMAGES

    @cached_property
    def bucket(self) -> FeedBucket:
        """The feeds, as a bucket that nobody changes."""
        return open_bucket(self.shared, self.folder / "bucket")

    @property
    def feeds_in_words(self) -> str:
        """Which advisories are measured with."""
        return (
            "real advisories (Debian, PyPI, npm)" if self.shared else "made-up advisories (DOGWATCH_SHARED is not set)"
        )

    def address(self, name: str) -> str:
        """Return the address of a database by its name."""
        return make_conninfo(self.server, dbname=name)

    def copy(self, template: str, name: str) -> str:
        """Make a database as a copy of another that nobody uses, in the place of an older one; return its address."""
        with psycopg.connect(self.server, autocommit=True) as connection:
            # Not by force: that may not end the server's own vacuum, which gives way by itself.
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
        return self.address(name)

    @cached_property
    def empty(self) -> str:
        """Name of a database with all tables and no rows."""
        migrations.migrate(self.copy("template1", "empty"))
        return "empty"

    @cached_property
    def imported(self) -> str:
        """Name of a database with all three feeds imported."""
        with self.opened(self.copy(self.empty, "imported")) as app:
            for ecosystem in ECOSYSTEMS:
                update_feed(app.outside, "osv", ecosystem)
        return "imported"

    def environment(self, database: str, **more: str) -> dict[str, str]:
        """Return settings as environment variables: this database, these feeds, nothing of the caller's own."""
        settings = {
            "DOGWATCH_DATA": str(self.folder / "data"),
            "DOGWATCH_DATABASE_URL": database,
            "DOGWATCH_FEED_MIRROR": str(self.bucket.folder),
            "DOGWATCH_FACTS_OFF": "all",
            "DOGWATCH_ACCOUNT": ACCOUNT,
            "DOGWATCH_CONFIG": str(self.no_settings),
        }
        own = {name: value for name, value in process_environment().items() if not name.startswith(_NOT_OURS)}
        return own | settings | more

    @contextmanager
    def opened(self, database: str, **more: str) -> Iterator[App]:
        """Open the product in this process, over a database; `more` are settings as environment variables."""
        settings = load_settings(environment=self.environment(database, **more))
        with build(settings, isolated=False) as app:
            yield app

    @cached_property
    def no_settings(self) -> Path:
        """An empty settings file, so that the user's own has no say."""
        path = self.folder / "none.toml"
        path.write_text("")
        return path


@contextmanager
def open_bed(shared: Path | None, images: int = IMAGES) -> Iterator[Bed]:
    """Start a server of our own in a folder that is deleted afterwards; `images` is the size of the large databases."""
    # As root, the server runs as another user, who must be able to pass through.
    folder = Path(tempfile.mkdtemp(prefix="dogwatch-bench-"))
    folder.chmod(0o711)
    try:
        (folder / "data").mkdir(mode=0o711)
        with EmbeddedServer(folder / "data").session() as server:
            yield Bed(folder, server, shared, images)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_shared() -> Path | None:
    """Return the folder of real feeds, or None where DOGWATCH_SHARED does not lead to one."""
    named = process_environment().get("DOGWATCH_SHARED")
    data = Path(named) / "data" if named else None
    return data if data is not None and (data / "osv").is_dir() else None
