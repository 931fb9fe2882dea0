from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.monitoring import ActivityMode, RescanSetting, SettingStatus, Window
from dogwatch.model.what_if import WindowWish
from dogwatch.windows import changed_setting, default_setting

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
BASE = RescanSetting(Window(30), Window(180), ActivityMode.LAST_IN_USE, SettingStatus.SUCCESS, NOW)
LATER = NOW.replace(hour=13)


def test_accounts_start_with_90_90_and_older_ones_keep_lifetime() -> None:
    day = datetime(2024, 1, 23, tzinfo=UTC)
    before = day.replace(day=22, hour=23)
    assert default_setting(day) == RescanSetting(
        Window(90), Window(90), ActivityMode.LAST_PULL, SettingStatus.SUCCESS, day
    )
    assert default_setting(before) == RescanSetting(
        Window(None), Window(90), ActivityMode.LAST_PULL, SettingStatus.SUCCESS, before
    )


def test_a_partial_change_keeps_the_other_fields() -> None:
    pending = SettingStatus.PENDING
    assert changed_setting(BASE, WindowWish("LIFETIME"), LATER) == RescanSetting(
        Window(None), Window(180), ActivityMode.LAST_IN_USE, pending, LATER
    )
    assert changed_setting(BASE, WindowWish(None, "NONE"), LATER) == RescanSetting(
        Window(30), Window(None, off=True), ActivityMode.LAST_IN_USE, pending, LATER
    )
    assert changed_setting(BASE, WindowWish(None, None, "EITHER"), LATER) == RescanSetting(
        Window(30), Window(180), ActivityMode.EITHER, pending, LATER
    )


@pytest.mark.parametrize(
    ("push", "activity", "mode", "field"),
    [
        ("NONE", None, None, "push_window"),
        ("DAYS_0", None, None, "push_window"),
        ("days_30", None, None, "push_window"),
        (None, "DAYS_100000", None, "activity_window"),
        (None, "", None, "activity_window"),
        (None, None, "LAST_PULL", "activity_mode"),
    ],
)
def test_what_is_no_window_is_refused_by_name(
    push: str | None, activity: str | None, mode: str | None, field: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        changed_setting(BASE, WindowWish(push, activity, mode), LATER)
    assert caught.value.fields["field"] == field
