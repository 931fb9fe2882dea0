import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dogwatch.cli import filters
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.monitoring import Window


def test_values_are_alternatives_negations_and_prefixes() -> None:
    asked = filters.entries(["a, b", "!c", "shop/*", ""])
    assert asked == [("EQUALS", "a"), ("EQUALS", "b"), ("NOT_EQUALS", "c"), ("PREFIX", "shop/")]


def test_no_value_is_no_filter() -> None:
    assert filters.entries(None) == []


def test_words_are_read_in_any_case_and_unknown_ones_are_refused_by_name() -> None:
    assert filters.chosen_words("severity", ["high,!low"], ["HIGH", "LOW"]) == [
        ("EQUALS", "HIGH"),
        ("NOT_EQUALS", "LOW"),
    ]
    with pytest.raises(InvalidRequestError, match=r"severity: 'SEVERE' is none of HIGH, LOW"):
        filters.chosen_words("severity", ["severe"], ["HIGH", "LOW"])


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("90d", "DAYS_90"),
        ("90", "DAYS_90"),
        ("90 days", "DAYS_90"),
        ("DAYS_90", "DAYS_90"),
        ("days_7", "DAYS_7"),
        ("lifetime", "LIFETIME"),
        ("None", "NONE"),
    ],
)
def test_a_window_is_read_as_people_write_it(text: str, window: str) -> None:
    assert filters.window(text) == window
    assert str(Window.parse(window)) == window


def test_no_window_stays_none() -> None:
    assert filters.window(None) is None


@given(st.text(max_size=12))
def test_any_text_is_a_window_or_refused(text: str) -> None:
    read = filters.window(text)
    assert read is not None
    with contextlib.suppress(InvalidRequestError):
        assert str(Window.parse(read)) == read
