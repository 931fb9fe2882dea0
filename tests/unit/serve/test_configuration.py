"""The windows as AWS's clients see them: the next longer step; writing back what was read changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dogwatch.model.errors import ConflictError
from dogwatch.model.monitoring import ActivityMode, RescanSetting, SettingStatus, Window
from dogwatch.serve.aws.configuration import shown
from tests.serve.callers import ACCOUNT, OTHER_ACCOUNT
from tests.serve.rooms import Rooms, post
from tests.serve.shapes import error_violations, reply_violations
from tests.serve.shown import NOW, make_setting

windows = st.integers(1, 99_999).map(Window) | st.just(Window(None))
settings = st.builds(
    RescanSetting,
    windows,
    windows | st.just(Window(None, off=True)),
    st.sampled_from(ActivityMode),
    st.sampled_from(SettingStatus),
    st.just(NOW) | st.none(),
)


@pytest.mark.parametrize(
    ("push", "activity", "mode", "seen"),
    [
        ("DAYS_90", "DAYS_90", "LAST_PULL_DATE", ("DAYS_90", "DAYS_90", "LAST_PULL_DATE")),
        ("DAYS_1", "DAYS_4", "LAST_IN_USE_AT", ("DAYS_3", "DAYS_7", "LAST_IN_USE_AT")),
        ("DAYS_45", "DAYS_31", "EITHER", ("DAYS_60", "DAYS_60", "LAST_PULL_DATE")),
        ("DAYS_181", "DAYS_181", "LAST_PULL_DATE", ("LIFETIME", "DAYS_180", "LAST_PULL_DATE")),
        ("LIFETIME", "LIFETIME", "LAST_PULL_DATE", ("LIFETIME", "DAYS_180", "LAST_PULL_DATE")),
        ("DAYS_14", "NONE", "LAST_PULL_DATE", ("DAYS_14", None, "LAST_PULL_DATE")),
    ],
)
def test_a_window_is_shown_as_the_next_longer_step(
    push: str, activity: str, mode: str, seen: tuple[str | None, ...]
) -> None:
    found = shown(make_setting(push, activity, mode))
    names = ("rescanDuration", "pullDateRescanDuration", "pullDateRescanMode")
    assert tuple(found.get(name) for name in names) == seen


@given(settings)
def test_what_is_read_is_of_the_model_and_superseded_is_never_shown(setting: RescanSetting) -> None:
    reply = post(Rooms(setting=setting), "/configuration/get", {"accountId": ACCOUNT})
    assert reply.status == 200
    assert reply_violations("GetConfiguration", reply.json) == []
    state = reply.json["ecrConfiguration"]["rescanDurationState"]
    assert state["status"] == ("PENDING" if setting.status is SettingStatus.SUPERSEDED else setting.status)


@given(settings)
def test_writing_back_what_was_read_changes_nothing(setting: RescanSetting) -> None:
    rooms = Rooms(setting=setting)
    state = post(rooms, "/configuration/get", b"").json["ecrConfiguration"]["rescanDurationState"]
    sent = {name: value for name, value in state.items() if name not in ("status", "updatedAt")}
    reply = post(rooms, "/configuration/update", {"ecrConfiguration": sent})
    assert (reply.status, reply.json) == (200, {})
    after = rooms.setting
    assert (after.push_window, after.activity_window, after.activity_mode) == (
        setting.push_window,
        setting.activity_window,
        setting.activity_mode,
    )
    asked_again = setting.status is SettingStatus.FAILED
    assert rooms.setting_changes == int(asked_again)


@given(settings, st.sampled_from(["DAYS_3", "DAYS_30", "DAYS_180", "LIFETIME"]))
def test_what_is_left_out_stays(setting: RescanSetting, duration: str) -> None:
    rooms = Rooms(setting=setting)
    is_shown = shown(setting)["rescanDuration"] == duration
    assert post(rooms, "/configuration/update", {"ecrConfiguration": {"rescanDuration": duration}}).status == 200
    wanted = setting.push_window if is_shown else Window.parse(duration)
    assert rooms.setting.push_window == wanted
    assert (rooms.setting.activity_window, rooms.setting.activity_mode) == (
        setting.activity_window,
        setting.activity_mode,
    )


GOOD = {"rescanDuration": "DAYS_30"}


@pytest.mark.parametrize(
    ("content", "reason", "field"),
    [
        (b"{", "CANNOT_PARSE", "body"),
        (b"\xff", "CANNOT_PARSE", "body"),
        (b'{"ec2Configuration":' + b"[" * 100_000, "CANNOT_PARSE", "body"),
        ([], "FIELD_VALIDATION_FAILED", "body"),
        ({}, "FIELD_VALIDATION_FAILED", "ecrConfiguration"),
        ({"ecrConfiguration": {}}, "FIELD_VALIDATION_FAILED", "ecrConfiguration"),
        ({"ecrConfiguration": {"rescanDuration": 30}}, "FIELD_VALIDATION_FAILED", "ecrConfiguration.rescanDuration"),
        (
            {"ecrConfiguration": {**GOOD, "pullDateRescanDuration": "LIFETIME"}},
            "FIELD_VALIDATION_FAILED",
            "ecrConfiguration.pullDateRescanDuration",
        ),
        (
            {"ecrConfiguration": {**GOOD, "pullDateRescanMode": "EITHER"}},
            "FIELD_VALIDATION_FAILED",
            "ecrConfiguration.pullDateRescanMode",
        ),
        ({"ecrConfiguration": {**GOOD, "pushDuration": "DAYS_3"}}, "FIELD_VALIDATION_FAILED", "ecrConfiguration"),
        ({"ecrConfiguration": GOOD, "ec2Configuration": {"scanMode": "EC2_HYBRID"}}, "OTHER", "ec2Configuration"),
        ({"ecrConfiguration": GOOD, "amiConfiguration": {}}, "OTHER", "amiConfiguration"),
        (
            {"updateConfigurationInheritance": {"ec2Configuration": "INHERIT_FROM_ADMIN"}},
            "OTHER",
            "updateConfigurationInheritance.ec2Configuration",
        ),
    ],
)
def test_what_cannot_be_taken_is_said_and_changes_nothing(content: Any, reason: str, field: str) -> None:
    rooms = Rooms()
    before = rooms.setting
    reply = post(rooms, "/configuration/update", content)
    assert (reply.status, reply.headers["x-amzn-errortype"]) == (400, "ValidationException")
    assert error_violations("ValidationException", reply.json) == []
    assert (reply.json["reason"], reply.json["fields"][0]["name"]) == (reason, field)
    assert (rooms.setting, rooms.setting_changes) == (before, 0)


@pytest.mark.parametrize("path", ["/configuration/get", "/configuration/update"])
def test_another_account_is_out_of_reach(path: str) -> None:
    content = {"accountId": OTHER_ACCOUNT}
    if path.endswith("update"):
        content = {**content, "ecrConfiguration": GOOD}  # type: ignore[dict-item]
    reply = post(Rooms(), path, content)
    assert (reply.status, reply.headers["x-amzn-errortype"]) == (403, "AccessDeniedException")


class Contested(Rooms):
    def request(self, *_: Any, wakes: bool = False) -> RescanSetting:
        raise ConflictError("rescan setting", "another change is being saved")


def test_a_truly_simultaneous_change_is_a_conflict() -> None:
    reply = post(Contested(), "/configuration/update", {"ecrConfiguration": GOOD})
    assert (reply.status, reply.headers["x-amzn-errortype"]) == (409, "ConflictException")
    assert error_violations("ConflictException", reply.json) == []


def test_a_failed_change_may_be_asked_for_again() -> None:
    rooms = Rooms(setting=replace(make_setting("DAYS_45"), status=SettingStatus.FAILED))
    post(rooms, "/configuration/update", {"ecrConfiguration": {"rescanDuration": "DAYS_60"}})
    assert (rooms.setting.push_window, rooms.setting.status) == (Window(45), SettingStatus.PENDING)
    assert rooms.setting_changes == 1
