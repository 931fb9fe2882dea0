"""One network and one PostgreSQL server for all tests of this folder; each test has hosts and databases of its own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.folders import fast_root
from tests.hosts.networks import Network, network
from tests.hosts.postgresql import PostgresServer, running_postgres


@pytest.fixture(scope="session")
def hosts() -> Iterator[Network]:
    """A network without hosts."""
    with network() as made:
        yield made


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A folder that every user may pass through: not pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="dogwatch-hosts-", dir=fast_root()))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(hosts: Network, open_folder: Path) -> Iterator[PostgresServer]:
    """A server on a host of its own."""
    with running_postgres(hosts.add_host(), open_folder) as server:
        yield server
