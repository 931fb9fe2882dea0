from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dogwatch.app.process import App, build
from dogwatch.settings import load_settings


@pytest.fixture
def app(database: str, tmp_path: Path) -> Iterator[App]:
    """Yield the real application over nothing; it reads in this process."""
    (tmp_path / "data").mkdir()
    flags = {"data": str(tmp_path / "data"), "database_url": database, "demo": "0"}
    with build(load_settings(flags, {}), isolated=False) as opened:
        yield opened
