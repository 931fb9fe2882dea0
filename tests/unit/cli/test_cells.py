"""Cells of CSV that no spreadsheet computes."""

from __future__ import annotations

import pytest

from dogwatch.cli.reports.cells import guarded_cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\uff1d1", "@angular/core"]
)
def test_what_begins_like_a_formula_is_marked(text: str) -> None:
    assert guarded_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", " ", "1.2-3", "a=b", "CVE-2026-1", "3.5", "'=1"])
def test_anything_else_stays_as_it_is(text: str) -> None:
    assert guarded_cell(text) == text
