"""Filters of lists: which fields a list offers, and a filter as a tree of frozen values.

`filter_grammar` reads the text form; the store turns a tree into a condition. A field that a row has several of (tags,
packages) meets a comparison when one of them does; what a row does not have (no score, never pulled) meets none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from dogwatch.model.advisories import FixState
from dogwatch.model.matches import Severity
from dogwatch.model.monitoring import StatusCode, StatusReason
from dogwatch.model.times import write_rfc3339

MAX_FILTER_CHARACTERS = 4_000
"""A filter is typed by a person or fits into an address; longer ones are mistakes and cost a query much."""

MAX_FILTER_DEPTH = 32
"""Parentheses and `not` inside each other: more than anybody reads, and far from any stack's end."""

MAX_FILTER_COMPARISONS = 100
"""Comparisons of one filter: each is tried on every row."""

MAX_PATTERN_STARS = 8
"""Stars of one pattern: matching time grows with every one."""


KEYWORDS = ("and", "or", "not", "in")
"""Words of the grammar: as values they stand in quotes."""

_PLAIN = re.compile(r"[A-Za-z0-9_.:/@+-]+")
_PLAIN_PATTERN = re.compile(r"[A-Za-z0-9_.:/@+*-]+")


class FieldKind(StrEnum):
    """What a field holds, hence which comparisons it has and how its values are written."""

    TEXT = "text"  # = != ~ in
    WORD = "word"  # = != in; one of a few words
    SEVERITY = "severity"  # all but ~; ordered
    NUMBER = "number"  # all but ~
    MOMENT = "moment"  # < <= > >=


class Order(StrEnum):
    """Comparisons on what is ordered."""

    BELOW = "<"
    AT_MOST = "<="
    ABOVE = ">"
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class FilterField:
    """One field that a list can be filtered by. `words` are all values of a WORD, in capitals."""

    name: str
    kind: FieldKind = FieldKind.TEXT
    words: tuple[str, ...] = ()


Value: TypeAlias = str | Severity | Decimal | datetime


@dataclass(frozen=True, slots=True)
class OneOf:
    """The field equals one of the values."""

    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Like:
    """The text matches a pattern from end to end: `*` stands for any characters, slashes too, or for none."""

    field: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Compared:
    """The field lies on one side of the value. Severities are ordered; moments are aware UTC."""

    field: str
    order: Order
    value: Severity | Decimal | datetime


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Filter


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds; two or more."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds; two or more."""

    parts: tuple[Filter, ...]


Filter: TypeAlias = OneOf | Like | Compared | Not | AllOf | AnyOf

_IMAGE_NAMES = ("repository", "registry", "place", "tag", "digest", "architecture", "image")

SHARED_FIELDS: Mapping[str, FilterField] = {name: FilterField(name) for name in _IMAGE_NAMES}
"""What findings and images are both filtered by: it says which images are meant."""

FINDING_FIELDS: Mapping[str, FilterField] = {
    **SHARED_FIELDS,
    **{
        one.name: one
        for one in (
            FilterField("severity", FieldKind.SEVERITY, tuple(one.name for one in reversed(Severity))),
            FilterField("status", FieldKind.WORD, ("ACTIVE", "CLOSED")),
            FilterField("fix", FieldKind.WORD, ("YES", "NO", "PARTIAL")),
            FilterField("fix_state", FieldKind.WORD, tuple(FixState)),
            FilterField("score", FieldKind.NUMBER),
            FilterField("epss", FieldKind.NUMBER),
            FilterField("exploited", FieldKind.WORD, ("YES", "NO")),
            FilterField("exploit", FieldKind.WORD, ("YES", "NO")),
            FilterField("vulnerability"),
            FilterField("package"),
            FilterField("ecosystem"),
            FilterField("source"),
            FilterField("title"),
            FilterField("first_observed_at", FieldKind.MOMENT),
            FilterField("last_observed_at", FieldKind.MOMENT),
            FilterField("updated_at", FieldKind.MOMENT),
            FilterField("pushed_at", FieldKind.MOMENT),
            FilterField("in_use_at", FieldKind.MOMENT),
            FilterField("in_use_count", FieldKind.NUMBER),
        )
    },
}
IMAGE_FIELDS: Mapping[str, FilterField] = {
    **SHARED_FIELDS,
    **{
        one.name: one
        for one in (
            FilterField("status_code", FieldKind.WORD, tuple(StatusCode)),
            FilterField("status_reason", FieldKind.WORD, tuple(StatusReason)),
            FilterField("pushed_at", FieldKind.MOMENT),
            FilterField("pulled_at", FieldKind.MOMENT),
            FilterField("in_use_at", FieldKind.MOMENT),
            FilterField("in_use_count", FieldKind.NUMBER),
            FilterField("indexed_at", FieldKind.MOMENT),
        )
    },
}


def fields_of(asked: Filter) -> Iterator[str]:
    """Yield the name of every field that a filter looks at."""
    if isinstance(asked, AllOf | AnyOf):
        for part in asked.parts:
            yield from fields_of(part)
    elif isinstance(asked, Not):
        yield from fields_of(asked.part)
    else:
        yield asked.field


def conjuncts(asked: Filter | None) -> tuple[Filter, ...]:
    """Return the parts that must all hold, as finely as that can be told from the outermost `and`."""
    if asked is None:
        return ()
    if not isinstance(asked, AllOf):
        return (asked,)
    return tuple(part for each in asked.parts for part in conjuncts(each))


def both(*filters: Filter | None) -> Filter | None:
    """Return the filter that holds where all given ones do; None is no filter."""
    given = tuple(one for one in filters if one is not None)
    return AllOf(given) if len(given) > 1 else given[0] if given else None


def narrowed(asked: Filter | None, names: Collection[str]) -> Filter | None:
    """Return what a filter demands of these fields alone: a wider filter, which holds wherever the whole one does."""
    return both(*(part for part in conjuncts(asked) if all(name in names for name in fields_of(part))))


def filter_text(asked: Filter) -> str:
    """Write a filter so that reading it gives the same value."""
    if isinstance(asked, AllOf):
        return " and ".join(_inside(part, (AllOf, AnyOf)) for part in asked.parts)
    if isinstance(asked, AnyOf):
        return " or ".join(_inside(part, (AnyOf,)) for part in asked.parts)
    if isinstance(asked, Not):
        return _negated(asked.part)
    if isinstance(asked, Like):
        return f"{asked.field} ~ {_text(asked.pattern, _PLAIN_PATTERN)}"
    if isinstance(asked, Compared):
        return f"{asked.field} {asked.order} {_value_text(asked.value)}"
    return _membership(asked, "=", "in")


def _inside(part: Filter, looser: tuple[type, ...]) -> str:
    text = filter_text(part)
    return f"({text})" if isinstance(part, looser) else text


def _negated(part: Filter) -> str:
    if isinstance(part, OneOf):
        return _membership(part, "!=", "not in")
    return f"not {_inside(part, (AllOf, AnyOf))}"


def _membership(asked: OneOf, single: str, several: str) -> str:
    if len(asked.values) == 1:
        return f"{asked.field} {single} {_value_text(asked.values[0])}"
    return f"{asked.field} {several} ({', '.join(map(_value_text, asked.values))})"


def _value_text(value: Value) -> str:
    if isinstance(value, Severity):
        return value.name.lower()
    if isinstance(value, datetime):
        return write_rfc3339(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return _text(value, _PLAIN)


def _text(text: str, plain: re.Pattern[str]) -> str:
    """Write a text as it is where that reads as itself, otherwise in quotes."""
    if plain.fullmatch(text) and text.lower() not in KEYWORDS:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
