"""What a question about findings demands, as SQL: exactly, of whole findings; and early, of what they are made of.

Early conditions are wider or equal: each finding that meets the question meets them too. They decide where candidates
are looked for (`candidates`); the exact ones decide what is shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from dogwatch.model.filters import Compared, Filter, Not, OneOf, Order, conjuncts, fields_of
from dogwatch.model.views import FindingQuery, finding_parts
from dogwatch.store.candidates.columns import (
    ECOSYSTEMS,
    FINDING_TEXTS,
    FINDING_TIMES,
    FIXES,
    FLAWS,
    NAMES,
    PACKAGES,
    REPOSITORIES,
    WORST,
    finding_numbers,
    image_columns,
    sought_image_columns,
)
from dogwatch.store.filter_conditions import Columns
from dogwatch.store.filters import TextEntries, bounds_condition, refuse_unknown

Span = tuple[datetime | None, datetime | None]
Pair = tuple[int, int]  # (image id, vulnerability id)

_FINDING = re.compile(r"[0-7][0-9a-f]{15}[0-7][0-9a-f]{15}")  # two positive bigints


@dataclass(frozen=True, slots=True)
class Demands:
    """The parts of a question that can be told of one kind of row each.

    `finding` is exact and whole. The others are early: `repositories`, `images` (probed for one image), `sought_images`
    (the same, written to be found by indexes), `worst` of the finding's worst exposure, `packages` and `ecosystems` of
    some package in it, `names` of its vulnerability, `flaws` of what is known of that. Each list holds conditions that
    must all hold. `statuses` can be meant; `moments` are bounds, inside, of the columns that hold times; `pairs` are
    the findings asked for by id.
    """

    finding: tuple[sql.Composable, ...]
    repositories: tuple[sql.Composable, ...]
    images: tuple[sql.Composable, ...]
    sought_images: tuple[sql.Composable, ...]
    worst: tuple[sql.Composable, ...]
    packages: tuple[sql.Composable, ...]
    ecosystems: tuple[sql.Composable, ...]
    names: tuple[sql.Composable, ...]
    flaws: tuple[sql.Composable, ...]
    statuses: frozenset[str]
    moments: Mapping[str, Span]
    pairs: tuple[Pair, ...] | None


STATUSES = frozenset({"ACTIVE", "CLOSED"})


def read_demands(query: FindingQuery, now: datetime) -> Demands:
    """Split a question; `now` is when containers are in use.

    Raises:
        InvalidRequestError: a field or comparison that findings do not have.
    """
    numbers = finding_numbers(now)
    refuse_unknown(query.texts, FINDING_TEXTS)
    refuse_unknown(query.times, FINDING_TIMES)
    refuse_unknown(query.numbers, numbers)
    parts = conjuncts(query.filter)
    findings = Columns(FINDING_TEXTS, {**FINDING_TIMES, **numbers, "severity": sql.SQL("severity")})
    exact = [FINDING_TEXTS[field](entries) for field, entries in query.texts.items()]
    exact += _bounds(query, findings)
    exact += [findings.condition(part) for part in parts]
    return Demands(
        finding=tuple(exact),
        repositories=_early(query, REPOSITORIES, parts),
        images=_early(query, image_columns(now), parts),
        sought_images=_early(query, sought_image_columns(now), parts),
        worst=(*_early(query, WORST, parts), *_early_of_some(query, FIXES, parts)),
        packages=_early_of_some(query, PACKAGES, parts),
        ecosystems=_early_of_some(query, ECOSYSTEMS, parts),
        names=_early_of_some(query, NAMES, parts),
        flaws=_early(query, FLAWS, parts),
        statuses=_statuses(query, parts),
        moments=_moments(query, parts),
        pairs=_pairs(query.texts.get("finding", ())),
    )


def _early(query: FindingQuery, columns: Columns, parts: Sequence[Filter]) -> tuple[sql.Composable, ...]:
    """Return what is demanded of a row that a finding has just one of."""
    return (
        *(columns.texts[field](entries) for field, entries in query.texts.items() if field in columns.texts),
        *_bounds(query, columns),
        *(columns.condition(part) for part in parts if _told_by(columns, part)),
    )


def _bounds(query: FindingQuery, columns: Columns) -> Sequence[sql.Composable]:
    """Return the spans that a row's times and numbers must lie in."""
    ordered = columns.ordered
    times = [bounds_condition(ordered[field], spans) for field, spans in query.times.items() if field in ordered]
    return times + [
        bounds_condition(ordered[field], spans) for field, spans in query.numbers.items() if field in ordered
    ]


def _early_of_some(query: FindingQuery, columns: Columns, parts: Sequence[Filter]) -> tuple[sql.Composable, ...]:
    """Return what is demanded of a row that a finding has several of: that some meets it can be told early."""
    asked = [
        columns.texts[field]([entry for entry in entries if entry[0] != "NOT_EQUALS"])
        for field, entries in query.texts.items()
        if field in columns.texts and any(entry[0] != "NOT_EQUALS" for entry in entries)
    ]
    return (*asked, *(columns.condition(part) for part in parts if _told_by(columns, part) and _is_plain(part)))


def _told_by(columns: Columns, part: Filter) -> bool:
    return all(name in columns.texts or name in columns.ordered for name in fields_of(part))


def _is_plain(part: Filter) -> bool:
    """Whether a part is one comparison: of several, each may hold for another row."""
    return not isinstance(part, Not) and len(list(fields_of(part))) == 1


def _statuses(query: FindingQuery, parts: Sequence[Filter]) -> frozenset[str]:
    """Return the statuses that can be meant."""
    found = STATUSES
    equal = {value for comparison, value in query.texts.get("status", ()) if comparison == "EQUALS"}
    if equal and all(comparison == "EQUALS" for comparison, _ in query.texts["status"]):
        found = found & equal
    for part in parts:
        if isinstance(part, OneOf) and part.field == "status":
            found = found & {str(value) for value in part.values}
    return found


def _moments(query: FindingQuery, parts: Sequence[Filter]) -> Mapping[str, Span]:
    """Return between which moments a finding's times must lie, as far as that is plain."""
    asked: list[tuple[str, Span]] = [(field, spans[0]) for field, spans in query.times.items() if len(spans) == 1]
    for part in parts:
        if isinstance(part, Compared) and isinstance(part.value, datetime):
            is_low = part.order in (Order.ABOVE, Order.AT_LEAST)
            asked.append((part.field, (part.value, None) if is_low else (None, part.value)))
    found: dict[str, Span] = {}
    for field, (low, high) in asked:
        column = "updated_at" if field == "last_observed_at" else field
        lowest, highest = found.get(column, (None, None))
        found[column] = (
            low if lowest is None else lowest if low is None else max(low, lowest),
            high if highest is None else highest if high is None else min(high, highest),
        )
    return found


def _pairs(entries: TextEntries) -> tuple[Pair, ...] | None:
    if not entries or any(comparison != "EQUALS" for comparison, _ in entries):
        return None
    ids = [value for _, value in entries if _FINDING.fullmatch(value)]  # others are no finding's
    return tuple(map(finding_parts, ids))
