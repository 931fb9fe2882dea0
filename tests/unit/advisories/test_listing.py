"""The list of a feed's records: all or nothing, and what it says against what is known."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dogwatch.advisories.limits import FEED_LIMITS
from dogwatch.advisories.listing import (
    Comparison,
    Listing,
    compare_listing,
    from_ticks,
    parse_listing,
    to_ticks,
)
from dogwatch.model.errors import DogwatchError, LimitExceededError, MalformedSnapshotError

NOW = datetime(2026, 7, 16, tzinfo=UTC)


def day(number: int) -> datetime:
    return datetime(2026, 7, number, tzinfo=UTC)


def parsed(text: str | bytes) -> Listing:
    content = text.encode() if isinstance(text, str) else text
    return parse_listing(io.BytesIO(content), "osv PyPI", NOW, FEED_LIMITS)


def test_lines_are_read_in_order_and_future_dates_do_not_count_as_the_newest() -> None:
    listing = parsed("2027-01-01T00:00:00Z,A-1\n2026-07-02T00:00:00.5Z,B:2\r\n2026-07-01T00:00:00Z,C-3\n")

    assert list(listing.modified) == ["A-1", "B:2", "C-3"]
    assert listing.newest is not None
    assert from_ticks(listing.newest) == day(2) + timedelta(milliseconds=500)
    assert from_ticks(listing.oldest) == day(1)


def test_a_listing_with_future_dates_only_has_no_newest() -> None:
    assert parsed("2027-01-01T00:00:00Z,A-1\n").newest is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("2026-07-02T00:00:00Z,A-1\n2026-07-01T00:00:00Z,A-", "cut off"),
        ("<html>\n", "not a time"),
        ("\n", "not a time"),
        ("2026-07-02T00:00:00,A-1\n", "not a time"),
        ("2026-07-02T00:00:00Z\n", "not a record id"),
        ("2026-07-02T00:00:00Z,\n", "not a record id"),
        ("2026-07-02T00:00:00Z,PyPI/A-1\n", "not a record id"),
        ("2026-07-02T00:00:00Z,../A-1\n", "not a record id"),
        ("2026-07-02T00:00:00Z,Ä-1\n", "not a time and an id"),
        ("2026-07-02T00:00:00Z,A-1\n2026-07-01T00:00:00Z,A-1\n", "twice"),
        ("2026-07-02T00:00:00Z," + "A" * 600 + "\n", "cut off"),
    ],
)
def test_a_listing_with_one_wrong_line_is_refused_whole(text: str, reason: str) -> None:
    with pytest.raises(MalformedSnapshotError, match=reason):
        parsed(text)


def test_more_records_than_the_limit_are_refused() -> None:
    limits = replace(FEED_LIMITS, max_listed_records=1)

    with pytest.raises(LimitExceededError, match="max_listed_records"):
        parse_listing(io.BytesIO(b"2026-07-02T00:00:00Z,A-1\n2026-07-01T00:00:00Z,A-2\n"), "osv", NOW, limits)


@given(st.binary(max_size=200) | st.text(alphabet="0123456789-T:Z,A\n", max_size=120).map(str.encode))
def test_any_bytes_give_a_listing_or_an_error_of_the_tree(content: bytes) -> None:
    try:
        assert parsed(content).modified
    except DogwatchError:
        return


def test_a_comparison_tells_new_changed_removed_and_held_newer_apart() -> None:
    listing = parsed(
        "2026-07-05T00:00:00Z,NEW\n2026-07-04T00:00:00Z,CHANGED\n"
        "2026-07-03T00:00:00Z,SAME\n2026-07-02T00:00:00Z,OLDER\n"
    )
    known = [("CHANGED", day(3)), ("SAME", day(3)), ("OLDER", day(3)), ("GONE", day(1))]

    assert compare_listing(listing, known) == Comparison(
        changed={"NEW": to_ticks(day(5)), "CHANGED": to_ticks(day(4))},
        removed=(("GONE", to_ticks(day(1))),),
        known_records=4,
        held_newer=1,
    )


@given(
    st.dictionaries(st.sampled_from("ABCDEFGH"), st.integers(1, 28)),
    st.dictionaries(st.sampled_from("ABCDEFGH"), st.integers(1, 28)),
)
def test_applying_a_comparison_gives_the_listing_except_where_we_hold_newer(
    listed: dict[str, int], held: dict[str, int]
) -> None:
    ticks = {record_id: to_ticks(day(number)) for record_id, number in listed.items()}
    known = {record_id: day(number) for record_id, number in held.items()}

    comparison = compare_listing(Listing(dict(ticks), None, 0), known.items())
    applied = known | {record_id: from_ticks(each) for record_id, each in comparison.changed.items()}
    for record_id, _ in comparison.removed:
        del applied[record_id]

    assert applied == {record_id: day(max(number, held.get(record_id, 0))) for record_id, number in listed.items()}
