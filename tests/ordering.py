"""Which files of tests come first: those that take minutes, so that no process is left alone with one at the end."""

from __future__ import annotations

from pathlib import Path

import pytest

_TESTS = Path(__file__).parent
_LONG_FIRST = ("e2e", "kill", "hosts", "laws", "simulation", "flow", "serve")
"""Folders, the longest first; the rest takes seconds."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort tests by how long their neighbours take; what shuffled them before is kept within."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    path = item.path.relative_to(_TESTS)
    return next((turn for turn, long in enumerate(_LONG_FIRST) if path.is_relative_to(long)), len(_LONG_FIRST))
