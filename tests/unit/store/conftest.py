from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.builders.watching import World, open_world


@pytest.fixture
def world(database: str) -> Iterator[World]:
    """Yield one account with one registry; windows 30/30, last pull; it is 2026-01-01."""
    opened = open_world(database)
    yield opened
    opened.database.close()
