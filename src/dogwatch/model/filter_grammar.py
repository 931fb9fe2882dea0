"""Reads filters as people type them: `severity in (critical, high) and fix = yes and package ~ "openssl*"`.

    filter      = conjunction *("or" conjunction)
    conjunction = factor *("and" factor)
    factor      = "not" factor / "(" filter ")" / comparison
    comparison  = field ("=" / "!=" / "~" / "<" / "<=" / ">" / ">=") value / field ["not"] "in" list
    list        = "(" value *("," value) ")"

Keywords, fields and words are the same in capitals. Every refusal names the place.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.filters import (
    KEYWORDS,
    MAX_FILTER_CHARACTERS,
    MAX_FILTER_COMPARISONS,
    MAX_FILTER_DEPTH,
    MAX_PATTERN_STARS,
    AllOf,
    AnyOf,
    Compared,
    FieldKind,
    Filter,
    FilterField,
    Like,
    Not,
    OneOf,
    Order,
    Value,
)
from dogwatch.model.matches import Severity
from dogwatch.model.times import parse_moment

_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
        (?P<quoted>"(?:[^"\\]|\\["\\])*"|'(?:[^'\\]|\\['\\])*')
      | (?P<sign><=|>=|!=|[=<>~(),])
      | (?P<bare>[^\s"'=<>~(),!]+)
    )""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_NUMBER = re.compile(r"-?[0-9]{1,6}(?:\.[0-9]{1,6})?")
_OFFERED: Mapping[FieldKind, tuple[str, ...]] = {
    FieldKind.TEXT: ("=", "!=", "~", "in", "not in"),
    FieldKind.WORD: ("=", "!=", "in", "not in"),
    FieldKind.SEVERITY: ("=", "!=", "<", "<=", ">", ">=", "in", "not in"),
    FieldKind.NUMBER: ("=", "!=", "<", "<=", ">", ">=", "in", "not in"),
    FieldKind.MOMENT: ("<", "<=", ">", ">="),
}
_SHOWN_CHARACTERS = 40  # of a wrong value, in the message about it


def parse_filter(text: str, fields: Mapping[str, FilterField]) -> Filter:
    """Read a filter.

    Args:
        text: as typed.
        fields: those that the list offers, by name; a moment's name may leave out its `_at`.

    Raises:
        InvalidRequestError: for any other text; `position` counts the characters before the place.
    """
    if len(text) > MAX_FILTER_CHARACTERS:
        raise _refusal(text, MAX_FILTER_CHARACTERS, f"longer than {MAX_FILTER_CHARACTERS} characters")
    parser = _Parser(text, fields)
    found = parser.alternatives(0)
    parser.expect_end()
    return found


@dataclass(frozen=True, slots=True)
class _Token:
    """One word, sign or quoted text; `text` without quotes. `kind` is bare, quoted, sign or end."""

    kind: str
    text: str
    position: int

    @property
    def keyword(self) -> str:
        """The keyword or sign this is, in small letters; empty for anything else."""
        word = self.text.lower()
        return word if self.kind == "sign" or (self.kind == "bare" and word in KEYWORDS) else ""


class _Parser:
    """Reads tokens from left to right; each method reads one rule of the grammar."""

    def __init__(self, text: str, fields: Mapping[str, FilterField]) -> None:
        self._text = text
        self._fields = fields
        self._tokens = _tokens(text)
        self._place = 0
        self._comparisons = 0

    def alternatives(self, depth: int) -> Filter:
        """Read `conjunction *("or" conjunction)`."""
        parts = [self._conjunction(depth)]
        while self._took("or"):
            parts.append(self._conjunction(depth))
        return AnyOf(tuple(parts)) if len(parts) > 1 else parts[0]

    def expect_end(self) -> None:
        """Refuse anything that is left over."""
        if self._next.kind != "end":
            raise self._refuse(self._next, "expected and, or, or the end")

    def _conjunction(self, depth: int) -> Filter:
        parts = [self._factor(depth)]
        while self._took("and"):
            parts.append(self._factor(depth))
        return AllOf(tuple(parts)) if len(parts) > 1 else parts[0]

    def _factor(self, depth: int) -> Filter:
        begin = self._next
        if begin.keyword in ("not", "(") and depth == MAX_FILTER_DEPTH:
            raise self._refuse(begin, f"more than {MAX_FILTER_DEPTH} parentheses and nots inside each other")
        if self._took("not"):
            return Not(self._factor(depth + 1))
        if self._took("("):
            inner = self.alternatives(depth + 1)
            self._expect(")", f"expected ) for the ( at character {begin.position + 1}")
            return inner
        return self._comparison()

    def _comparison(self) -> Filter:
        self._comparisons += 1
        if self._comparisons > MAX_FILTER_COMPARISONS:
            raise self._refuse(self._next, f"more than {MAX_FILTER_COMPARISONS} comparisons")
        field = self._field()
        sign = self._next
        is_negated = self._took("not")
        operator = self._next.keyword
        name = f"not {operator}" if is_negated else operator
        if name not in ("=", "!=", "~", "<", "<=", ">", ">=", "in", "not in"):
            raise self._refuse(sign, f"expected one of {' '.join(_OFFERED[field.kind])}")
        if name not in _OFFERED[field.kind]:
            raise self._refuse(sign, f"{field.name} is compared with one of {', '.join(_OFFERED[field.kind])}")
        self._place += 1
        if operator == "in":
            values = self._values(field)
            return Not(OneOf(field.name, values)) if is_negated else OneOf(field.name, values)
        return self._single(field, operator)

    def _field(self) -> FilterField:
        token = self._next
        if token.kind != "bare" or token.keyword:
            raise self._refuse(token, "expected a field, not, or (")
        name = token.text.lower()
        field = self._fields.get(name) or self._fields.get(f"{name}_at")
        if field is None:
            near = difflib.get_close_matches(name[:64], list(self._fields), n=1)
            advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(self._fields))}"
            raise self._refuse(token, f"there is no field {_short(token.text)}; {advice}")
        self._place += 1
        return field

    def _values(self, field: FilterField) -> tuple[Value, ...]:
        begin = self._next
        self._expect("(", "expected ( and a list of values")
        values = [self._value(field)]
        while self._took(","):
            values.append(self._value(field))
        self._expect(")", f"expected , or ) for the ( at character {begin.position + 1}")
        return tuple(values)

    def _single(self, field: FilterField, operator: str) -> Filter:
        if operator == "~":
            return Like(field.name, self._pattern())
        value = self._value(field)
        if operator == "=":
            return OneOf(field.name, (value,))
        if operator == "!=":
            return Not(OneOf(field.name, (value,)))
        assert not isinstance(value, str)  # no field of texts offers an order
        return Compared(field.name, Order(operator), value)

    def _pattern(self) -> str:
        token = self._written()
        if token.text.count("*") > MAX_PATTERN_STARS:
            raise self._refuse(token, f"more than {MAX_PATTERN_STARS} stars")
        return token.text

    def _value(self, field: FilterField) -> Value:
        token = self._written()
        try:
            return _read_value(field, token)
        except ValueError as error:
            raise self._refuse(token, str(error)) from error

    def _written(self) -> _Token:
        """Read a value as it is written."""
        token = self._next
        if token.kind not in ("bare", "quoted") or token.keyword:
            quotes = f'; in quotes "{token.text}" is one' if token.keyword.isalpha() else ""
            raise self._refuse(token, f"expected a value{quotes}")
        self._place += 1
        return token

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place]

    def _took(self, keyword: str) -> bool:
        if self._next.keyword != keyword:
            return False
        self._place += 1
        return True

    def _expect(self, keyword: str, otherwise: str) -> None:
        if not self._took(keyword):
            raise self._refuse(self._next, otherwise)

    def _refuse(self, token: _Token, reason: str) -> InvalidRequestError:
        return _refusal(self._text, token.position, reason)


def _tokens(text: str) -> list[_Token]:
    for position, character in enumerate(text):
        if not character.isprintable() and character not in "\t\r\n":
            raise _refusal(text, position, "a character that cannot be printed")
    tokens, place, end = [], 0, len(text.rstrip(" \t\r\n"))
    while place < end:
        found = _TOKEN.match(text, place)
        if found is None or found.lastgroup is None:
            begin = place + len(text[place:]) - len(text[place:].lstrip(" \t\r\n"))
            reason = "a quote that does not end" if text[begin] in "\"'" else "not part of a filter"
            raise _refusal(text, begin, reason)
        kind, word = found.lastgroup, found[found.lastgroup]
        written = _ESCAPE.sub(r"\1", word[1:-1]) if kind == "quoted" else word
        tokens.append(_Token(kind, written, found.start(kind)))
        place = found.end()
    return [*tokens, _Token("end", "", len(text))]


def _read_value(field: FilterField, token: _Token) -> Value:
    """Read a value of a field.

    Raises:
        ValueError: not one; the message says what is.
    """
    text = token.text
    if field.kind is FieldKind.TEXT:
        if token.kind == "bare" and "*" in text:
            raise ValueError(
                f'= and in take texts as they are; patterns stand behind ~, a real star in quotes: "{text}"'
            )
        return text
    if field.kind is FieldKind.NUMBER:
        if not _NUMBER.fullmatch(text):
            raise ValueError(f"a number such as 7 or 7.5 is needed, not {_short(text)}")
        return Decimal(text)
    if field.kind is FieldKind.MOMENT:
        return _moment(text)
    word = next((one for one in field.words if one.upper() == text.upper()), "")
    if not word:
        raise ValueError(f"{field.name} is one of {', '.join(one.lower() for one in field.words)}; not {_short(text)}")
    return Severity[word] if field.kind is FieldKind.SEVERITY else word


def _moment(text: str) -> datetime:
    try:
        return parse_moment(text)
    except ValueError as error:
        needed = "a day such as 2026-03-03 or a time such as 2026-03-03T12:00:00Z is needed"
        raise ValueError(f"{needed}, not {_short(text)}") from error


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"


def _refusal(text: str, position: int, reason: str) -> InvalidRequestError:
    return InvalidRequestError("filter", reason, text=text, position=position)
