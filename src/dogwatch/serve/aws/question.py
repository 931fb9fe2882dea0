"""A filterCriteria of AWS on its way to a question of ours: different lists must all hold, entries are alternatives.

Several lists may ask about one property of ours (`ecrImageTags`, `cloudImageTags`); then both must hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from dogwatch.serve.aws.errors import NotOfferedError

Entry = tuple[str, str]
"""(EQUALS, PREFIX or NOT_EQUALS; value)."""

Bound = TypeVar("Bound", datetime, float)
Span = tuple[Bound | None, Bound | None]

_MANY_VALUED = frozenset({"tag", "package", "vulnerability"})
"""Properties an image or finding has several values of: two lists may be met by two values."""


class Question:
    """Conditions gathered so far. `is_impossible` once nothing can meet them; then nobody needs to ask."""

    def __init__(self) -> None:
        self.texts: dict[str, list[Entry]] = {}
        self.times: dict[str, list[Span[datetime]]] = {}
        self.numbers: dict[str, list[Span[float]]] = {}
        self.is_impossible = False

    def ask_text(self, field: str, entries: Sequence[Entry], asked_as: str) -> None:
        """Ask that a text property meets some positive entry and none of the negative ones.

        Raises:
            NotOfferedError: two different lists ask about a property that has several values.
        """
        before = self.texts.get(field)
        if before is None or before == list(entries):
            self.texts[field] = list(entries)
            return
        if field in _MANY_VALUED:
            raise NotOfferedError(asked_as, "not offered beside another filter on the same property")
        merged = _negative([*before, *entries])
        positives = [chosen for chosen in (_positive(before), _positive(entries)) if chosen]
        if len(positives) == 2:
            both = [entry for one in positives[0] for other in positives[1] if (entry := _both(one, other))]
            self.is_impossible |= not both
            positives = [both]
        self.texts[field] = [*(positives[0] if positives else []), *merged]

    def ask_constant(self, value: str, entries: Sequence[Entry]) -> None:
        """Ask about a property that has one value for everything here."""
        self._require(any(_meets(value, entry) for entry in _positive(entries)) or not _positive(entries))
        self._require(all(value != unwanted for _, unwanted in _negative(entries)))

    def ask_absent(self, entries: Sequence[Entry]) -> None:
        """Ask about a property that nothing here has: only "is not" holds."""
        self._require(not _positive(entries))

    def ask_times(self, field: str, spans: Sequence[Span[datetime]]) -> None:
        """Ask that a moment lies in one of the spans."""
        self.times[field] = _within(self.times.get(field), spans)
        self._require(bool(self.times[field]))

    def ask_numbers(self, field: str, spans: Sequence[Span[float]]) -> None:
        """Ask that a number lies in one of the spans."""
        self.numbers[field] = _within(self.numbers.get(field), spans)
        self._require(bool(self.numbers[field]))

    def ask_impossible(self) -> None:
        """Ask for what nothing here can have."""
        self.is_impossible = True

    def _require(self, holds: bool) -> None:
        self.is_impossible |= not holds


def _positive(entries: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry[0] != "NOT_EQUALS"]


def _negative(entries: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry[0] == "NOT_EQUALS"]


def _meets(value: str, entry: Entry) -> bool:
    return value.startswith(entry[1]) if entry[0] == "PREFIX" else value == entry[1]


def _both(one: Entry, other: Entry) -> Entry | None:
    """Return the entry that holds exactly where both hold; None where they never do."""
    for narrow, wide in ((one, other), (other, one)):
        if _meets(narrow[1], wide) and (narrow[0] == "EQUALS" or wide[0] == "PREFIX"):
            return narrow
    return None


def _within(before: Sequence[Span[Bound]] | None, spans: Sequence[Span[Bound]]) -> list[Span[Bound]]:
    if before is None:
        return list(spans)
    return [(_chosen(max, one[0], other[0]), _chosen(min, one[1], other[1])) for one in before for other in spans]


def _chosen(choose: Callable[[Bound, Bound], Bound], one: Bound | None, other: Bound | None) -> Bound | None:
    if one is None or other is None:
        return other if one is None else one
    return choose(one, other)
