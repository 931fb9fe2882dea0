from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.builders.watching import World, open_world


@pytest.fixture(scope="module")
def shared_world(shared_database: str) -> Iterator[World]:
    """Yield one database for all examples: each watches a registry of its own."""
    world = open_world(shared_database)
    yield world
    world.database.close()
