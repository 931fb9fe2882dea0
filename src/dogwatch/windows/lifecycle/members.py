"""The members of one JSON object, taken one by one: what is missing, of another type or left over is told by name."""

from __future__ import annotations

from enum import StrEnum
from typing import NoReturn, TypeVar

from dogwatch.model.errors import InvalidRequestError

Choice = TypeVar("Choice", bound=StrEnum)

COUNT_MAX = 999_999_999
"""No number in a policy is larger: more days than there are dates, more images than a registry holds."""


class Members:
    """One object at a place like `rules[0].selection` (empty: the whole); `rule` is what it belongs to, for people."""

    def __init__(self, value: object, place: str, rule: str) -> None:
        self.place, self.rule = place, rule
        if not isinstance(value, dict):
            self.refuse("", "an object is wanted")
        self._left = dict(value)

    def refuse(self, name: str, reason: str) -> NoReturn:
        """Refuse a member.

        Raises:
            InvalidRequestError: always.
        """
        place = ".".join(part for part in (self.place, name) if part)
        raise InvalidRequestError(place or "policy", f"{self.rule}: {reason}" if self.rule else reason)

    def has(self, name: str) -> bool:
        """Say whether a member is there and was not taken yet."""
        return name in self._left

    def take(self, name: str) -> object:
        """Take a member that has to be there."""
        if name not in self._left:
            self.refuse(name, "is missing")
        return self._left.pop(name)

    def take_count(self, name: str) -> int:
        """Take a positive whole number."""
        value = self.take(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= COUNT_MAX:
            self.refuse(name, f"{shown(value)} is no whole number from 1 to {COUNT_MAX}")
        return value

    def take_text(self, name: str) -> str:
        """Take a text; empty where it is not there."""
        value = self._left.pop(name, "")
        if not isinstance(value, str) or not _is_writable(value):
            self.refuse(name, f"{shown(value)} is no text")
        return value

    def take_choice(self, name: str, choices: type[Choice]) -> Choice:
        """Take one of some words."""
        value = self.take(name)
        if not isinstance(value, str) or value not in tuple(choices):
            self.refuse(name, f"{shown(value)} is none of {', '.join(choices)}")
        return choices(value)

    def take_texts(self, name: str) -> tuple[str, ...] | None:
        """Take a list of one text or more; None where it is not there."""
        if name not in self._left:
            return None
        value = self.take(name)
        if not isinstance(value, list) or not value:
            self.refuse(name, "a list of one text or more is wanted; leave it out where there is none")
        for each in value:
            if not isinstance(each, str) or not each or not _is_writable(each):
                self.refuse(name, f"{shown(each)} is no text of one character or more")
        return tuple(value)

    def refuse_rest(self) -> None:
        """Refuse what was not taken: a mistyped member is no condition that never mattered."""
        for name in self._left:
            self.refuse(shown(name)[1:-1], "no such member")


def _is_writable(text: str) -> bool:
    """Say whether a text can be stored and sent: JSON can spell halves of characters, and a character that is none."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def shown(value: object) -> str:
    """Return a value as messages show it: short, whatever was sent."""
    text = repr(value) if isinstance(value, str | int | float | bool) else f"a {type(value).__name__}"
    return text if len(text) <= 100 else f"{text[:100]}…"
