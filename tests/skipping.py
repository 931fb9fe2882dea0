"""Where everything should be installed, a skipped test is a failure: under CI=true only listed reasons may skip.

The list is tests/allowed-skips.txt, one reason a line; `*` stands for any text, `#` begins a comment line. It holds
for tests and for modules that skip while they are collected, not for expected failures. tests/conftest.py installs
the hooks.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar

import pytest

ALLOWED_SKIPS = "tests/allowed-skips.txt"

_Report = TypeVar("_Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turns a skipped test into a failed one, in its set-up, call and tear-down alike."""
    report = yield
    return _refuse_skip(report, item.config)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turns a module that skips itself into a collection error."""
    report = yield
    return _refuse_skip(report, collector.config)


def _refuse_skip(report: _Report, config: pytest.Config) -> _Report:
    if os.environ.get("CI") != "true" or not report.skipped or hasattr(report, "wasxfail"):
        return report
    reason = _reason(report)
    if any(fnmatchcase(reason, allowed) for allowed in _allowed_reasons(config.rootpath / ALLOWED_SKIPS)):
        return report
    report.outcome = "failed"
    report.longrepr = f"skipped under CI=true: {reason!r}. Do what it asks for, or list the reason in {ALLOWED_SKIPS}."
    return report


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Returns the reason without the prefix that pytest puts before it."""
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


def _allowed_reasons(path: Path) -> list[str]:
    if not path.is_file():
        return []
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]
