"""The law of filters: a value meets the merged question exactly where it meets each list by itself."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from dogwatch.serve.aws.question import Entry, Question, Span

values = st.text("ab", max_size=4)
entries = st.lists(st.tuples(st.sampled_from(["EQUALS", "PREFIX", "NOT_EQUALS"]), values), min_size=1, max_size=4)
bounds = st.none() | st.integers(0, 9).map(float)
spans = st.lists(st.tuples(bounds, bounds), min_size=1, max_size=3)


def meets(value: str, asked: Sequence[Entry]) -> bool:
    """The definition: some positive entry (if there is one), and no negative one."""
    positive = [entry for entry in asked if entry[0] != "NOT_EQUALS"]
    found = any(value.startswith(text) if comparison == "PREFIX" else value == text for comparison, text in positive)
    return (found or not positive) and ("NOT_EQUALS", value) not in asked


def inside(value: float, asked: Sequence[Span[float]]) -> bool:
    return any((low is None or low <= value) and (high is None or value <= high) for low, high in asked)


@given(values, st.lists(entries, min_size=1, max_size=3))
def test_texts(value: str, lists: list[list[Entry]]) -> None:
    question = Question()
    for one in lists:
        question.ask_text("digest", one, "ecrImageHash")
    found = not question.is_impossible and meets(value, question.texts["digest"])
    assert found == all(meets(value, one) for one in lists)


@given(values, entries)
def test_constants(value: str, asked: list[Entry]) -> None:
    question = Question()
    question.ask_constant(value, asked)
    assert question.is_impossible != meets(value, asked)


@given(st.integers(0, 9).map(float), st.lists(spans, min_size=1, max_size=3))
def test_spans(value: float, lists: list[list[Span[float]]]) -> None:
    question = Question()
    for one in lists:
        question.ask_numbers("score", one)
    assert inside(value, question.numbers["score"]) == all(inside(value, one) for one in lists)
