from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dogwatch.model.deeds import Hold
from dogwatch.model.monitoring import ActivityMode, Clocks, Origin, RescanSetting, Window
from dogwatch.model.scopes import Scope
from dogwatch.windows import explain


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NOW = day("2026-11-24T12:00:00")
BOTH_30 = RescanSetting(Window(30), Window(30), ActivityMode.LAST_PULL)
PUSHED, PULLED = day("2026-09-02"), day("2026-11-14")


def with_activity(activity: Window, mode: ActivityMode = ActivityMode.LAST_PULL) -> RescanSetting:
    return RescanSetting(Window(30), activity, mode)


@pytest.mark.parametrize(
    ("clocks", "setting", "sentence"),
    [
        (
            Clocks(PUSHED, PULLED),
            BOTH_30,
            "watched until 2026-12-14 because it was pulled on 2026-11-14 by ci; its push window ended on 2026-10-02",
        ),
        (
            Clocks(day("2026-11-20"), PULLED),
            BOTH_30,
            "watched until 2026-12-20 because it was pushed on 2026-11-20; its activity window ends on 2026-12-14",
        ),
        (
            Clocks(day("2026-11-20")),
            BOTH_30,
            "watched until 2026-12-20 because it was pushed on 2026-11-20; it was never pulled",
        ),
        (
            Clocks(day("2026-11-20"), PULLED),
            with_activity(Window(None, off=True)),
            "watched until 2026-12-20 because it was pushed on 2026-11-20; pulls do not count",
        ),
        (
            Clocks(None, PULLED),
            BOTH_30,
            "watched until 2026-12-14 because it was pulled on 2026-11-14 by ci; its push was never seen",
        ),
        (
            Clocks(PUSHED, None, PULLED),
            with_activity(Window(30), ActivityMode.LAST_IN_USE),
            "watched until 2026-12-14 because it was seen in use on 2026-11-14; its push window ended on 2026-10-02",
        ),
        (
            Clocks(PUSHED, PULLED),
            with_activity(Window(None)),
            "watched as long as it exists because it was pulled on 2026-11-14 by ci; "
            "its push window ended on 2026-10-02",
        ),
        (
            Clocks(PUSHED),
            RescanSetting(Window(None), Window(30), ActivityMode.LAST_PULL),
            "watched as long as it exists: the push window is LIFETIME; it was never pulled",
        ),
        (
            Clocks(PUSHED, day("2026-09-30")),
            BOTH_30,
            "not watched since 2026-10-30: its push window ended on 2026-10-02, "
            "and its activity window ended on 2026-10-30",
        ),
        (
            Clocks(PUSHED),
            with_activity(Window(30), ActivityMode.LAST_IN_USE),
            "not watched since 2026-10-02: its push window ended on 2026-10-02, and it was never seen in use",
        ),
        (
            Clocks(PUSHED),
            with_activity(Window(30), ActivityMode.EITHER),
            "not watched since 2026-10-02: its push window ended on 2026-10-02, and it was never pulled or seen in use",
        ),
        (Clocks(None), BOTH_30, "not watched: its push was never seen, and it was never pulled"),
    ],
)
def test_the_sentence_names_the_clock_that_holds_and_the_other(
    clocks: Clocks, setting: RescanSetting, sentence: str
) -> None:
    assert explain(clocks, setting, NOW, pulled_by="ci") == sentence


def test_who_pulled_is_left_out_where_nobody_said() -> None:
    assert explain(Clocks(PUSHED, PULLED), BOTH_30, NOW) == (
        "watched until 2026-12-14 because it was pulled on 2026-11-14; its push window ended on 2026-10-02"
    )


def test_an_expired_image_inside_lengthened_windows_says_what_wakes_it() -> None:
    assert explain(Clocks(PUSHED, PULLED), BOTH_30, NOW, is_open=False) == (
        "not watched: it had expired before the windows were lengthened; the next push or pull wakes it"
    )


def test_at_the_border_the_image_is_still_watched() -> None:
    until = day("2026-12-14")
    assert explain(Clocks(PUSHED, PULLED), BOTH_30, until).startswith("watched until 2026-12-14")
    assert explain(Clocks(PUSHED, PULLED), BOTH_30, until.replace(microsecond=1)).startswith(
        "not watched since 2026-12-14"
    )


@pytest.mark.parametrize(
    ("clocks", "until", "sentence"),
    [
        (
            Clocks(PUSHED),
            "2027-03-01",
            "watched until 2027-03-01 because it is held by ann (audit); its push window ended on 2026-10-02, and it"
            " was never pulled",
        ),
        (
            Clocks(PUSHED, PULLED),
            "2026-12-01",
            "watched until 2026-12-14 because it was pulled on 2026-11-14 by ci; its push window ended on 2026-10-02;"
            " held until 2026-12-01 by ann as well",
        ),
        (
            Clocks(PUSHED),
            "2026-11-01",
            "not watched since 2026-11-01: its push window ended on 2026-10-02, and it was never pulled, and its hold"
            " by ann ended on 2026-11-01",
        ),
        (
            Clocks(PUSHED, PULLED),
            "2026-11-01",
            "watched until 2026-12-14 because it was pulled on 2026-11-14 by ci; its push window ended on 2026-10-02",
        ),
    ],
)
def test_a_hold_stands_in_the_sentence(clocks: Clocks, until: str, sentence: str) -> None:
    assert explain(clocks, BOTH_30, NOW, pulled_by="ci", hold=Hold(day(until), "ann", "audit", PUSHED)) == sentence


def test_what_was_forgotten_says_by_whom() -> None:
    told = explain(Clocks(PULLED), BOTH_30, NOW, is_open=False, forgotten="forgotten by ann on 2026-11-20 (replaced)")
    assert told == "not watched: forgotten by ann on 2026-11-20 (replaced); the next push or pull wakes it"


def test_windows_of_a_scope_are_told_with_its_name() -> None:
    team = Scope("local", "team-*")
    setting = RescanSetting(Window(60), Window(180), ActivityMode.LAST_PULL, origin=Origin(team, team))
    clocks, now = Clocks(datetime(2026, 1, 1, tzinfo=UTC)), datetime(2026, 1, 2, tzinfo=UTC)
    sentence = "watched until 2026-03-02 because it was pushed on 2026-01-01; it was never pulled"
    assert explain(clocks, setting, now) == f"{sentence} (windows of local/team-*)"
    mixed = replace(setting, origin=Origin(team, Scope("local", "*")))
    assert explain(clocks, mixed, now) == (
        f"{sentence} (push window of local/team-*, activity window of registry local)"
    )
    half = replace(setting, origin=Origin(activity=team))
    assert explain(clocks, half, now).endswith(" (push window of the account, activity window of local/team-*)")
