"""The filters that a list of AWS's has: a table of them, and what each asks of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from dogwatch.model.errors import InvalidRequestError
from dogwatch.serve.aws.names import Names
from dogwatch.serve.aws.question import Entry, Question
from dogwatch.serve.aws.wire import DateFilters, NumberFilters, decode

AskByName = Callable[[Question, Names, Sequence[Entry], str], None]
"""Asks about what clients know under a name of their own; the text says where they wrote it."""

AskOther = Callable[[Question, msgspec.Raw, str], None]
"""Asks what a filter of another shape says, which is not decoded yet."""


@dataclass(frozen=True, slots=True)
class FilterTable:
    """The filters of one list, by the names of AWS's model.

    `properties`, `times` and `numbers` lead to the field of ours that is asked about, `constants` to what everything of
    an account has there. `by_name` has to be looked up. `absent` are filters on texts that nothing here has.
    `read_texts` reads a filter on texts; `others` are filters on neither texts, times nor numbers.
    """

    read_texts: Callable[[msgspec.Raw, str], list[Entry]]
    properties: Mapping[str, str]
    constants: Mapping[str, Callable[[str], str]]
    times: Mapping[str, str]
    numbers: Mapping[str, str]
    by_name: Mapping[str, AskByName]
    absent: frozenset[str]
    others: Mapping[str, AskOther]

    def ask(self, criteria: Mapping[str, msgspec.Raw], names: Names) -> Question:
        """Return what a filterCriteria asks for.

        Raises:
            InvalidRequestError: a filter that the model does not have, or has otherwise, or that is not offered here.
        """
        question = Question()
        for name, content in criteria.items():
            self._ask(question, name, content, names)
        return question

    def _ask(self, question: Question, name: str, content: msgspec.Raw, names: Names) -> None:
        place = f"filterCriteria.{name}"
        if name in self.times:
            question.ask_times(self.times[name], [one.bounds(place) for one in decode(content, DateFilters, place)])
        elif name in self.numbers:
            question.ask_numbers(self.numbers[name], [one.bounds for one in decode(content, NumberFilters, place)])
        elif name in self.others:
            self.others[name](question, content, place)
        else:
            self._ask_text(question, name, self.read_texts(content, place), names)

    def _ask_text(self, question: Question, name: str, entries: Sequence[Entry], names: Names) -> None:
        place = f"filterCriteria.{name}"
        if name in self.properties:
            question.ask_text(self.properties[name], entries, place)
        elif name in self.constants:
            question.ask_constant(self.constants[name](names.account_id), entries)
        elif name in self.absent:
            question.ask_absent(entries)
        elif name in self.by_name:
            self.by_name[name](question, names, entries, place)
        else:
            raise InvalidRequestError(place, "no such filter")


def absent(shape: Any) -> AskOther:
    """Return how to ask about something of a shape that nothing here has."""

    def ask(question: Question, content: msgspec.Raw, place: str) -> None:
        decode(content, shape, place)
        question.ask_impossible()

    return ask
