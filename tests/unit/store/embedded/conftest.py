"""A data folder of its own for every test of the embedded server, and no process left behind."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.folders import fast_root
from tests.processes import kill
from tests.unit.store.embedded.traces import Traces


@pytest.fixture
def roof() -> Iterator[Path]:
    """Yield a folder that the server's user can pass through; pytest's own are closed to it."""
    folder = Path(tempfile.mkdtemp(prefix="dogwatch-tests-", dir=fast_root()))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def data_folder(roof: Path) -> Iterator[Path]:
    """Yield the path of a data folder that does not exist yet."""
    yield roof / "data"
    kill(*Traces(roof / "data").processes())


@pytest.fixture
def traces(data_folder: Path) -> Traces:
    """Return an outside view of the server in `data_folder`."""
    return Traces(data_folder)
