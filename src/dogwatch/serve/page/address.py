"""The page's address is its state: what it asks for, and links to the same page asked a little differently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.filter_grammar import parse_filter
from dogwatch.model.filters import Filter, FilterField, OneOf, Value, both, conjuncts, filter_text

MAX_PARAMETERS = 50
"""Parameters of one address: the page knows fewer than ten."""


@dataclass(frozen=True, slots=True)
class Address:
    """A path and its parameters, each at most once."""

    path: str
    parameters: Mapping[str, str]

    def one(self, name: str, default: str = "") -> str:
        """Return a parameter."""
        return self.parameters.get(name, default)

    def link(self, **changes: str) -> str:
        """Return the address with other parameters; an empty `cursor` is left out."""
        changed = {**self.parameters, **changes}
        kept = [(name, value) for name, value in changed.items() if value or not name.endswith("cursor")]
        return f"{self.path}?{urlencode(kept, errors='replace')}" if kept else self.path


def read_address(path: str, query: str) -> Address:
    """Read an address; unknown parameters stay, and mean nothing.

    Raises:
        InvalidRequestError: too many parameters.
    """
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS, errors="replace")
    except ValueError as error:
        raise InvalidRequestError("address", f"more than {MAX_PARAMETERS} parameters") from error
    return Address(path, dict(pairs))


@dataclass(frozen=True, slots=True)
class Token:
    """One part of a filter that must hold, and the link to the list without it."""

    text: str
    link_without: str


@dataclass(frozen=True, slots=True)
class FilterInAddress:
    """The filter of one list of the page.

    `name` and `cursor` are the parameters that hold the filter and the place in the list. `problem` says why `text` is
    no filter, `asked` is then None.
    """

    address: Address
    name: str
    cursor: str
    text: str
    asked: Filter | None
    problem: InvalidRequestError | None

    def tokens(self) -> list[Token]:
        """Return the parts of the filter."""
        parts = conjuncts(self.asked)
        rest = [both(*(other for other in parts if other is not part)) for part in parts]
        return [Token(filter_text(part), self._link(without)) for part, without in zip(parts, rest, strict=True)]

    def link_with(self, field: str, value: Value) -> str:
        """Return the link to the same list where also the field equals the value."""
        return self.link_to(OneOf(field, (value,)))

    def link_to(self, *parts: Filter) -> str:
        """Return the link to the same list where also the parts hold."""
        known = conjuncts(self.asked)
        return self._link(both(*known, *(part for part in parts if part not in known)))

    def link_to_all(self) -> str:
        """Return the link to the whole list."""
        return self._link(None)

    def link_at(self, cursor: str) -> str:
        """Return the link to another page of the list."""
        return self.address.link(**{self.name: self.text, self.cursor: cursor})

    def _link(self, asked: Filter | None) -> str:
        return self.address.link(**{self.name: filter_text(asked) if asked else "", self.cursor: ""})


def read_filter(
    address: Address, name: str, cursor: str, fields: Mapping[str, FilterField], default: str
) -> FilterInAddress:
    """Read the filter of one list; where the address names none, it is the default, which is shown like any other."""
    text = address.one(name, default)
    asked, problem = None, None
    if text.strip():
        try:
            asked = parse_filter(text, fields)
        except InvalidRequestError as error:
            problem = error
    return FilterInAddress(address, name, cursor, text, asked, problem)
