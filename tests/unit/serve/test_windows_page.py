"""The page of windows: what is set where, and what other windows would do, by address alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dogwatch.model.costs import RescanRate
from dogwatch.model.monitoring import ScanFrequency
from dogwatch.model.scanning import ScanningConfiguration, ScanningRule
from dogwatch.model.scopes import Scope
from dogwatch.model.what_if import WindowWish
from tests.serve.callers import ACCOUNT
from tests.serve.rooms import Rooms
from tests.unit.serve.test_page import HOSTILE, get, read


def test_windows_are_shown_by_scope_with_what_each_inherits_and_what_is_scanned() -> None:
    rooms = Rooms()
    rooms.request(ACCOUNT, WindowWish("DAYS_7", scope=Scope("harbour", "team-*")))
    rooms.scanning.kept = ScanningConfiguration(rules=(ScanningRule(ScanFrequency.ON_PUSH, ("team-*",)),))
    page = read(rooms, "/windows")
    for words in (
        "the account 90 days 90 days the last pull in force since",
        "harbour/team-* 7 days 90 days from the account the last pull from the account waits to be applied since",
        "When pushed: team-*",
    ):
        assert words in page.words
    assert "Every repository is scanned continuously." in read(Rooms(), "/windows").words


def test_what_other_windows_would_do_is_a_table_and_a_link_for_each_pair() -> None:
    rooms = Rooms()
    rooms.costs.kept = replace(rooms.costs.kept, rate=RescanRate(rescans=40, image_days=300))
    page = read(rooms, "/windows?push_window=DAYS_3&activity_window=&scope=")
    for words in (
        "The account with 3 days after a push and 90 days after the last pull:",
        "Watched now 3 images Would stay 2 images Would leave 1 image Could be woken 4 images",
        "Findings that would close 3 ◆ Critical 2 ▲ High",
        "Re-scans in 30 days 8 for 0.08 US dollars, in place of 12 for 0.12",
        "app/web sha256:aaaaaaaaaaaa in harbour 2026-07-12 12:00 UTC, held by: pull 2026-07-06 12:00 UTC",
        "app/web sha256:bbbbbbbbbbbb in harbour for ever, held by: push",
        "all of them: dogwatch rescan what-if --push DAYS_3 --wakeable --all -o csv",
    ):
        assert words in page.words
    grid = [href for href in page.hrefs if "activity_window" in href]
    assert (len(grid), grid[-1]) == (
        72,
        "/windows?push_window=LIFETIME&activity_window=LIFETIME&scope=&preset=&findings=#what-if",
    )
    marked = [
        (name, value) for tag, name, value in page.attributes if tag == "td" and name in ("class", "aria-current")
    ]
    assert marked == [("class", "asked"), ("class", "now"), ("aria-current", "true")]
    assert read(rooms, grid[-1].partition("#")[0]).words.count("for ever") > 2
    assert "14 days after the last time it was seen running" in read(rooms, page.links["inspector"][:-8]).words


def test_what_nobody_counted_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "nothing was counted yet to tell them from" in read(Rooms(), "/windows").words
    monkeypatch.setattr("dogwatch.serve.page.windows.COUNTED_LEAVING", 0)
    page = read(Rooms(), "/windows?push_window=DAYS_3")
    assert "not counted: count them" in page.words
    assert "3 ◆ Critical" in read(Rooms(), page.links["count them"].partition("#")[0]).words


@pytest.mark.parametrize(
    "asked",
    ["push_window=DAYS_0", "scope=harbour/Team", "activity_mode=never", "preset=clair", "push_window=INHERITED"],
)
def test_windows_that_cannot_be_set_are_answered_at_their_place(asked: str) -> None:
    page = read(Rooms(), f"/windows?{asked}", status=400)
    assert "These windows cannot be set:" in page.words
    assert "90 days 90 days the last pull in force" in page.words  # what there is stays


def test_what_was_asked_stays_in_the_form_and_is_escaped() -> None:
    assert '<option value="DAYS_45" selected>' in _html(Rooms(), "push_window=DAYS_45")
    page = read(Rooms(), f"/windows?scope={HOSTILE.replace(' ', '+')}", status=400)
    assert "script" not in page.tags


def _html(rooms: Rooms, asked: str) -> str:
    return get(rooms, f"/windows?{asked}").body.decode()
