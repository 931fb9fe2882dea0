from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dogwatch.model.deeds import MAX_HOLD, Deed, DeedRequest
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.monitoring import Clock, ScanFrequency
from dogwatch.model.times import TICK
from dogwatch.windows.deeds import Situation, check_deed, check_request

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WATCHED = Situation(True, ScanFrequency.CONTINUOUS, True, True, None)
HELD = Situation(True, ScanFrequency.CONTINUOUS, True, True, NOW)
EXPIRED = Situation(True, ScanFrequency.CONTINUOUS, False, False, NOW - TICK)
LENGTHENED = Situation(True, ScanFrequency.CONTINUOUS, False, True, None)
GONE = Situation(False, ScanFrequency.CONTINUOUS, False, True, None)
MANUAL = Situation(True, ScanFrequency.MANUAL, False, False, None)
ARCHIVED = Situation(True, ScanFrequency.CONTINUOUS, False, True, None, is_archived=True)


def allowed(situation: Situation) -> set[Deed]:
    found = set()
    for deed in Deed:
        try:
            check_deed(deed, situation, NOW)
            found.add(deed)
        except InvalidRequestError:
            continue
    return found


@pytest.mark.parametrize(
    ("situation", "deeds"),
    [
        (WATCHED, {Deed.SCAN, Deed.FORGET, Deed.HOLD, Deed.TOUCH, Deed.ARCHIVE}),
        (HELD, {Deed.SCAN, Deed.RELEASE, Deed.HOLD, Deed.TOUCH}),
        (EXPIRED, {Deed.HOLD, Deed.TOUCH, Deed.ARCHIVE}),
        (LENGTHENED, {Deed.WAKE, Deed.HOLD, Deed.TOUCH, Deed.ARCHIVE}),
        (ARCHIVED, {Deed.RESTORE}),
        (GONE, set()),
        (MANUAL, {Deed.ARCHIVE}),
    ],
)
def test_an_image_allows_what_means_something_as_it_stands(situation: Situation, deeds: set[Deed]) -> None:
    assert allowed(situation) == deeds


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (DeedRequest(Deed.HOLD, "ann", " ", NOW + TICK), "reason"),
        (DeedRequest(Deed.WAKE, "ann", "x" * 301), "reason"),
        (DeedRequest(Deed.HOLD, "ann", "audit"), "until"),
        (DeedRequest(Deed.HOLD, "ann", "audit", NOW), "until"),
        (DeedRequest(Deed.HOLD, "ann", "audit", NOW + MAX_HOLD + TICK), "until"),
        (DeedRequest(Deed.TOUCH, "ann", "", NOW + TICK), "until"),
        (DeedRequest(Deed.TOUCH, "ann", "", clock=Clock.PUSH), "clock"),
        (DeedRequest(Deed.WAKE, "ann", "", clock=Clock.PULL), "clock"),
    ],
)
def test_what_no_image_allows_is_refused_by_its_field(wish: DeedRequest, field: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        check_request(wish, NOW)
    assert refused.value.fields["field"] == field


def test_a_hold_may_end_in_a_moment_or_in_ten_years() -> None:
    for length in (timedelta(microseconds=1), MAX_HOLD):
        check_request(DeedRequest(Deed.HOLD, "ann", "audit", NOW + length), NOW)
