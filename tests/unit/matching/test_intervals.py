"""Events become intervals: the walk, the ends, the reasons."""

from __future__ import annotations

import pytest

from dogwatch.matching.intervals import NO_INTRODUCTION, Interval, find_intervals
from dogwatch.model.advisories import FixState, RangeEvent, RangeEventKind
from dogwatch.versions import HIGHEST, LOWEST, scheme_named, successor

SEMVER = scheme_named("semver")


def key(text: str) -> bytes:
    found = SEMVER.sort_key(text)
    assert found is not None
    return found


def intervals(*events: tuple[str, str]) -> tuple[Interval, ...] | str:
    return find_intervals(SEMVER, [RangeEvent(RangeEventKind(kind), version) for kind, version in events])


def fix_states(found: tuple[Interval, ...] | str) -> list[FixState]:
    assert not isinstance(found, str)
    return [interval.fix_state for interval in found]


def test_introduced_and_fixed_bound_a_half_open_interval_with_its_fix() -> None:
    assert intervals(("introduced", "1.0.0"), ("fixed", "1.2.0")) == (
        Interval(key("1.0.0"), key("1.2.0"), "1.0.0", "1.2.0", key("1.2.0")),
    )


def test_introduced_zero_is_below_every_version_also_below_pre_releases() -> None:
    assert intervals(("introduced", "0"), ("fixed", "1.2.0")) == (
        Interval(LOWEST, key("1.2.0"), "0", "1.2.0", key("1.2.0")),
    )


def test_without_an_end_every_later_version_is_inside_and_nothing_is_fixed() -> None:
    found = intervals(("introduced", "0"))
    assert found == (Interval(LOWEST, HIGHEST, "0"),)
    assert fix_states(found) == [FixState.NOT_FIXED]


def test_a_last_affected_version_is_inside_and_names_no_fix() -> None:
    found = intervals(("introduced", "1.0.0"), ("last_affected", "1.2.0"))
    assert found == (Interval(key("1.0.0"), successor(key("1.2.0")), "1.0.0", last_affected="1.2.0"),)
    assert fix_states(found) == [FixState.UNKNOWN]


def test_a_fix_after_a_last_affected_version_is_named_but_bounds_nothing() -> None:
    found = intervals(("introduced", "1.0.0"), ("last_affected", "1.2.0"), ("fixed", "1.4.0"), ("fixed", "1.5.0"))
    assert found == (
        Interval(key("1.0.0"), successor(key("1.2.0")), "1.0.0", "1.4.0", key("1.4.0"), last_affected="1.2.0"),
    )
    assert fix_states(found) == [FixState.FIXED]


def test_a_fix_belongs_to_the_interval_below_it_and_to_no_earlier_one() -> None:
    assert intervals(
        ("introduced", "1.0.0"), ("last_affected", "1.2.0"), ("introduced", "2.0.0"), ("fixed", "2.1.0")
    ) == (
        Interval(key("1.0.0"), successor(key("1.2.0")), "1.0.0", last_affected="1.2.0"),
        Interval(key("2.0.0"), key("2.1.0"), "2.0.0", "2.1.0", key("2.1.0")),
    )


def test_events_in_any_order_and_repeated_ones_give_the_same_intervals() -> None:
    assert intervals(
        ("fixed", "6.0.16"),
        ("introduced", "6.0.0"),
        ("fixed", "5.0.12"),
        ("introduced", "5.0.1"),
        ("introduced", "5.0.0"),
        ("fixed", "6.0.5"),
        ("fixed", "5.0.46"),
    ) == (
        Interval(key("5.0.0"), key("5.0.12"), "5.0.0", "5.0.12", key("5.0.12")),
        Interval(key("6.0.0"), key("6.0.5"), "6.0.0", "6.0.5", key("6.0.5")),
    )


def test_boundaries_at_the_same_key_keep_their_order() -> None:
    assert intervals(("introduced", "1.0.0"), ("fixed", "1.0.0")) == ()
    assert intervals(("fixed", "1.0.0"), ("introduced", "1.0.0")) == (Interval(key("1.0.0"), HIGHEST, "1.0.0"),)


def test_an_end_below_the_beginning_ends_nothing() -> None:
    assert intervals(("fixed", "0.9.0"), ("last_affected", "0.8.0"), ("introduced", "1.0.0")) == (
        Interval(key("1.0.0"), HIGHEST, "1.0.0"),
    )


def test_the_greatest_limit_caps_the_range_and_a_star_lifts_the_cap() -> None:
    assert intervals(("introduced", "1.0.0"), ("limit", "1.5.0"), ("limit", "1.2.0")) == (
        Interval(key("1.0.0"), key("1.5.0"), "1.0.0"),
    )
    assert intervals(("introduced", "1.0.0"), ("limit", "1.5.0"), ("limit", "*")) == (
        Interval(key("1.0.0"), HIGHEST, "1.0.0"),
    )
    assert intervals(("introduced", "2.0.0"), ("limit", "1.5.0")) == ()
    assert Interval(key("1.0.0"), key("1.5.0"), "1.0.0").fix_state is FixState.UNKNOWN


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("1.x", "bound of the affected range: version is not one of its ecosystem"),
        ("", "bound of the affected range: version is empty"),
        ("${next}", "bound of the affected range: version is a template that was never filled in"),
        ("1" * 513, "bound of the affected range: version is longer than 512 characters"),
    ],
)
@pytest.mark.parametrize("kind", list(RangeEventKind))
def test_one_event_without_a_key_makes_the_whole_range_unusable(kind: str, version: str, reason: str) -> None:
    assert intervals(("introduced", "0"), (kind, version), ("fixed", "1.0.0")) == reason


def test_a_range_that_never_says_where_it_begins_is_unusable_rather_than_empty() -> None:
    assert intervals() == NO_INTRODUCTION
    assert intervals(("fixed", "1.0.0")) == NO_INTRODUCTION
