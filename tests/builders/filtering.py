"""Filters, any of them, and what a filter means: the definition that SQL is held to."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from dogwatch.model.filters import (
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
from dogwatch.model.views import FindingView, ImageView
from dogwatch.versions import family_of, normalise_name

Row = Mapping[str, Sequence[Any]]
"""Field → what a row has of it: nothing, one value, or several."""

_ORDERS: Mapping[Order, Callable[[Any, Any], bool]] = {
    Order.BELOW: operator.lt,
    Order.AT_MOST: operator.le,
    Order.ABOVE: operator.gt,
    Order.AT_LEAST: operator.ge,
}


def meets(asked: Filter | None, row: Row) -> bool:
    """Say whether a row meets a filter, by the definition."""
    if asked is None:
        return True
    if isinstance(asked, AllOf):
        return all(meets(part, row) for part in asked.parts)
    if isinstance(asked, AnyOf):
        return any(meets(part, row) for part in asked.parts)
    if isinstance(asked, Not):
        return not meets(asked.part, row)
    return any(_holds(asked, value) for value in row[asked.field])


def _holds(asked: OneOf | Like | Compared, value: Any) -> bool:
    if isinstance(asked, OneOf):
        return value in asked.values
    if isinstance(asked, Compared):
        return _ORDERS[asked.order](value, asked.value)
    pattern = ".*".join(re.escape(part) for part in asked.pattern.split("*"))
    return re.fullmatch(pattern, value, re.DOTALL) is not None


def finding_row(one: FindingView) -> Row:
    """What a finding has of each field."""
    likely = one.facts.probability
    return {
        **_shared(one),
        "tag": one.tags,
        "severity": [one.severity],
        "status": [one.status],
        "fix": [one.fix_available],
        "fix_state": [each.fix_state for each in one.packages],
        "score": [] if one.score_tenths is None else [Decimal(one.score_tenths) / 10],
        "epss": _if_known([likely and Decimal(likely.score_ppm) / 1_000_000]),
        "exploited": ["YES" if one.facts.exploitation else "NO"],
        "exploit": ["YES" if one.facts.is_exploit_known else "NO"],
        "vulnerability": [one.vulnerability, *one.aliases],
        "package": [
            spelt
            for each in one.packages
            for spelt in (each.name, normalise_name(each.ecosystem, each.source_name or each.name))
        ],
        "ecosystem": [name for each in one.packages for name in (each.ecosystem, family_of(each.ecosystem))],
        "source": [one.source],
        "title": [one.title],
        "first_observed_at": [one.first_observed_at],
        "last_observed_at": [one.last_observed_at],
        "updated_at": [one.updated_at],
        "pushed_at": _if_known([one.pushed_at]),
    }


def image_row(one: ImageView) -> Row:
    """What an image has of each field."""
    return {
        **_shared(one),
        "tag": [*one.tags, *one.tags_via_index],
        "status_code": [one.status_code],
        "status_reason": [one.status_reason],
        "pushed_at": _if_known([one.pushed_at]),
        "pulled_at": _if_known([one.pulled_at]),
        "indexed_at": _if_known([one.indexed_at]),
    }


def _shared(one: FindingView | ImageView) -> Row:
    return {
        "repository": [one.repository],
        "registry": [one.registry_alias],
        "place": [f"{one.registry_alias}/{one.repository}"],
        "digest": [one.digest],
        "architecture": [one.architecture],
        "image": [str(one.image_id)],
        "in_use_at": _if_known([one.in_use_at]),
        "in_use_count": [Decimal(one.in_use_count)],
    }


def _if_known(values: Sequence[Any]) -> Sequence[Any]:
    return [value for value in values if value is not None]


_printable = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")).filter(str.isprintable), max_size=12)
_patterns = st.one_of(
    _printable.filter(lambda text: text.count("*") <= MAX_PATTERN_STARS),
    st.lists(_printable.map(lambda text: text.replace("*", "")), max_size=4).map("*".join),
)
_numbers = st.decimals(0, 10, places=1)
_moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))


def filters(
    fields: Mapping[str, FilterField],
    texts: Mapping[str, Sequence[str]] | None = None,
    moments: st.SearchStrategy[datetime] = _moments,
) -> st.SearchStrategy[Filter]:
    """Any filter on these fields; `texts` are values that are worth asking for, patterns are then made of them."""
    leaves = [_leaf(one, (texts or {}).get(one.name), moments) for one in fields.values()]
    return st.recursive(
        st.one_of(leaves),
        lambda parts: st.one_of(
            parts.map(Not),
            st.lists(parts, min_size=2, max_size=3).map(lambda several: AllOf(tuple(several))),
            st.lists(parts, min_size=2, max_size=3).map(lambda several: AnyOf(tuple(several))),
        ),
        max_leaves=6,
    )


def _leaf(
    one: FilterField, known: Sequence[str] | None, moments: st.SearchStrategy[datetime]
) -> st.SearchStrategy[Filter]:
    orders = st.sampled_from(Order)
    if one.kind is FieldKind.MOMENT:
        return st.builds(Compared, st.just(one.name), orders, moments)
    values: st.SearchStrategy[Value]
    if one.kind is FieldKind.SEVERITY:
        values = st.sampled_from(Severity)
    elif one.kind is FieldKind.NUMBER:
        values = _numbers
    elif one.kind is FieldKind.WORD:
        values = st.sampled_from(one.words)
    else:
        values = st.sampled_from(known) if known else _printable
    among = st.builds(
        OneOf, st.just(one.name), st.one_of(st.tuples(values), st.lists(values, min_size=2, max_size=3).map(tuple))
    )
    if one.kind in (FieldKind.SEVERITY, FieldKind.NUMBER):
        return st.one_of(among, st.builds(Compared, st.just(one.name), orders, values))
    if one.kind is FieldKind.TEXT:
        return st.one_of(among, st.builds(Like, st.just(one.name), _near(known) if known else _patterns))
    return among


def _near(known: Sequence[str]) -> st.SearchStrategy[str]:
    """Patterns that have to do with known texts: some of their characters give way to a star."""
    return st.builds(
        lambda text, begin, length: text[:begin] + "*" + text[begin + length :],
        st.sampled_from(known),
        st.integers(0, 6),
        st.integers(0, 6),
    )
