"""Rules for all tests: what may be skipped, how thoroughly properties are tried, where real data is."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from dogwatch.cli.logs import configure_logs
from tests.ordering import pytest_collection_modifyitems
from tests.requirements import NO_SHARED_DATA, shared_data
from tests.skipping import pytest_make_collect_report, pytest_runtest_makereport

pytest_plugins = ["tests.postgres"]  # a real PostgreSQL: `database`, `empty_database`

__all__ = [
    "anyio_backend",
    "pytest_collection_modifyitems",
    "pytest_make_collect_report",
    "pytest_runtest_makereport",
    "real_data",
]

configure_logs()  # as programs do

# No deadline anywhere: a busy machine is not a wrong answer. CI draws the same examples every time, as many as fit into
# its 25 minutes; ./dev laws takes the thorough profile.
_SLOW_IS_FINE = [HealthCheck.too_slow]
settings.register_profile("quick", max_examples=50, deadline=None, suppress_health_check=_SLOW_IS_FINE)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True, suppress_health_check=_SLOW_IS_FINE)
settings.register_profile("laws", max_examples=2000, deadline=None, suppress_health_check=_SLOW_IS_FINE)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "quick")


@pytest.fixture(autouse=True)
def _level_of_logs() -> None:
    """Let each test begin with the level of a service's logs; commands that ran in its process left theirs."""
    logging.getLogger().setLevel(logging.INFO)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Coroutine tests (`@pytest.mark.anyio`) run on asyncio, as the product does."""
    return "asyncio"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real feeds and databases; the test is skipped where there is none."""
    folder = shared_data()
    if folder is None:
        pytest.skip(NO_SHARED_DATA)
    return folder
