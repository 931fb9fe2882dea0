"""docs/bad-input.md names tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

PROJECT = Path(__file__).parents[3]


def test_every_test_that_proves_something_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", (PROJECT / "docs" / "bad-input.md").read_text(encoding="utf-8")))
    written = set()
    for path in (PROJECT / "tests").rglob("test_*.py"):
        written |= set(re.findall(r"^(?:async )?def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE))
    assert len(named) > 50
    assert named - written == set()
