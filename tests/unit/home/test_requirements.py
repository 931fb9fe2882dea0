"""The marks that say what a test needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.requirements import NO_SHARED_DATA, requires_program, requires_shared, shared_data
from tests.skipping import ALLOWED_SKIPS

PROJECT = Path(__file__).parents[3]


def test_a_missing_program_skips_with_the_line_that_brings_it() -> None:
    assert (
        requires_program("no-such-program").mark
        == pytest.mark.skipif(True, reason="apt-get install -y no-such-program").mark
    )


def test_a_package_may_have_another_name_than_its_program() -> None:
    assert requires_program("no-such-program", package="such").mark.kwargs == {"reason": "apt-get install -y such"}


def test_a_program_that_is_there_skips_nothing() -> None:
    assert requires_program("sh").mark.args == (False,)


def test_shared_data_is_found_by_its_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOGWATCH_SHARED", str(tmp_path))
    assert shared_data() is None
    assert requires_shared().mark == pytest.mark.skipif(True, reason=NO_SHARED_DATA).mark
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "MANIFEST.md").touch()
    assert shared_data() == tmp_path / "data"
    assert requires_shared().mark.args == (False,)


@pytest.mark.parametrize("value", [None, ""])
def test_without_the_variable_there_is_no_shared_data(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOGWATCH_SHARED", raising=False)
    if value is not None:
        monkeypatch.setenv("DOGWATCH_SHARED", value)
    assert shared_data() is None


def test_a_machine_without_real_data_is_an_allowed_reason_to_skip() -> None:
    assert NO_SHARED_DATA in (PROJECT / ALLOWED_SKIPS).read_text(encoding="utf-8").splitlines()
