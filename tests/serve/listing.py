"""Lists in memory: which rows a query means, by definition, and pages of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from dogwatch.model.coverage import CoverageCount, CoverageProperty
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.monitoring import StatusCode, StatusReason
from dogwatch.model.views import FindingQuery, FindingView, ImageQuery, ImageView, Page, UnresolvedView
from tests.builders.filtering import Row, finding_row, image_row, meets

T = TypeVar("T")

_FINDING_TEXTS: Mapping[str, Callable[[FindingView], Sequence[str]]] = {
    "severity": lambda one: [one.severity.name],
    "status": lambda one: [one.status],
    "vulnerability": lambda one: [one.vulnerability, *one.aliases],
    "repository": lambda one: [one.repository],
    "registry": lambda one: [one.registry_alias],
    "place": lambda one: [f"{one.registry_alias}/{one.repository}"],
    "tag": lambda one: one.tags,
    "digest": lambda one: [one.digest],
    "architecture": lambda one: [one.architecture],
    "package": lambda one: [package.name for package in one.packages],
    "ecosystem": lambda one: [package.ecosystem for package in one.packages],
    "fix": lambda one: [one.fix_available],
    "image": lambda one: [str(one.image_id)],
    "finding": lambda one: [f"{one.image_id:016x}{one.vulnerability_id:016x}"],
    "title": lambda one: [one.title],
    "source": lambda one: [one.source],
    "exploited": lambda one: ["YES" if one.facts.exploitation else "NO"],
    "exploit": lambda one: ["YES" if one.facts.is_exploit_known else "NO"],
}
_FINDING_NUMBERS: Mapping[str, Callable[[FindingView], float | None]] = {
    "score": lambda one: None if one.score_tenths is None else one.score_tenths / 10,
    "epss": lambda one: one.facts.probability.score_ppm / 1e6 if one.facts.probability else None,
}
_IMAGE_TEXTS: Mapping[str, Callable[[ImageView], Sequence[str]]] = {
    "status_code": lambda one: [one.status_code],
    "status_reason": lambda one: [one.status_reason],
    "repository": lambda one: [one.repository],
    "registry": lambda one: [one.registry_alias],
    "place": lambda one: [f"{one.registry_alias}/{one.repository}"],
    "tag": lambda one: [*one.tags, *one.tags_via_index],
    "digest": lambda one: [one.digest],
    "architecture": lambda one: [one.architecture],
    "image": lambda one: [str(one.image_id)],
}
_UNRESOLVED_TEXTS: Mapping[str, Callable[[UnresolvedView], Sequence[str]]] = {
    "status_code": lambda one: [one.status_code],
    "status_reason": lambda one: [one.status_reason],
    "repository": lambda one: [one.repository],
    "registry": lambda one: [one.registry_alias],
    "place": lambda one: [f"{one.registry_alias}/{one.repository}"],
    "tag": lambda one: one.tags,
    "digest": lambda one: [one.digest],
    "architecture": lambda _: [""],
    "image": lambda _: ["0"],
}
_PROPERTIES: Mapping[CoverageProperty, Callable[[ImageView | UnresolvedView], str]] = {
    CoverageProperty.STATUS_CODE: lambda one: str(one.status_code),
    CoverageProperty.STATUS_REASON: lambda one: str(one.status_reason),
    CoverageProperty.PLACE: lambda one: f"{one.registry_alias}/{one.repository}",
    CoverageProperty.REGION: lambda one: one.region,
}
SORTS = [
    "severity",
    "score",
    "epss",
    "vulnerability",
    "source",
    "status",
    "first_observed_at",
    "last_observed_at",
    "updated_at",
    "pushed_at",
    "repository",
    "registry",
]


def select_findings(rows: Iterable[FindingView], query: FindingQuery) -> list[FindingView]:
    """Return the findings that a query means.

    Raises:
        InvalidRequestError: its order is not offered.
    """
    if query.sort not in SORTS:
        raise InvalidRequestError("sort", f"{query.sort!r} is not offered")
    return [
        one
        for one in rows
        if one.account_id == query.account_id
        and all(_meets(_FINDING_TEXTS[name](one), entries) for name, entries in query.texts.items())
        and all(_inside(getattr(one, name), spans) for name, spans in query.times.items())
        and all(_inside(_FINDING_NUMBERS[name](one), spans) for name, spans in query.numbers.items())
        and meets(query.filter, finding_row(one))
    ]


def select_images(rows: Iterable[ImageView], query: ImageQuery) -> list[ImageView]:
    """Return the images that a query means."""
    return [
        one
        for one in rows
        if one.account_id == query.account_id
        and all(_meets(_IMAGE_TEXTS[name](one), entries) for name, entries in query.texts.items())
        and all(_inside(getattr(one, name), spans) for name, spans in query.times.items())
        and meets(query.filter, image_row(one))
    ]


def select_unresolved(rows: Iterable[UnresolvedView], query: ImageQuery) -> list[UnresolvedView]:
    """Return the manifests that a query means; none where it asks for times, as nothing is known to have happened."""
    if query.times:
        return []
    return [
        one
        for one in rows
        if one.account_id == query.account_id
        and all(_meets(_UNRESOLVED_TEXTS[name](one), entries) for name, entries in query.texts.items())
        and meets(query.filter, _unresolved_row(one))
    ]


def count_statuses(images: Sequence[ImageView], unresolved: Sequence[UnresolvedView] = ()) -> tuple[CoverageCount, ...]:
    """Count images by registry and status; each unresolved manifest counts by itself."""
    groups: dict[tuple[str, str, StatusCode, StatusReason], list[ImageView]] = {}
    for one in sorted(images, key=_status):
        groups.setdefault(_status(one), []).append(one)
    counted = [
        CoverageCount(*key, images=len(group), gaps=sum(len(one.gaps) for one in group))
        for key, group in groups.items()
    ]
    return (*counted, *(CoverageCount(*_status(one), 0, 0, unresolved=1) for one in unresolved))


def group_by(rows: Iterable[ImageView | UnresolvedView], by: CoverageProperty) -> list[tuple[str, int]]:
    """Return the values of a property and how many rows have each, the most frequent first."""
    counts = Counter(_PROPERTIES[by](one) for one in rows)
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


def page_of(rows: Sequence[T], limit: int, after: str) -> Page[T]:
    """Return a page; its cursor is the number of rows before the next one.

    Raises:
        InvalidRequestError: the cursor is none of these.
    """
    if after and not after.isdigit():
        raise InvalidRequestError("cursor", "not a cursor of this list; begin again without one")
    start = int(after or 0)
    more = len(rows) > start + limit
    return Page(tuple(rows[start : start + limit]), str(start + limit) if more else "")


def _status(one: ImageView | UnresolvedView) -> tuple[str, str, StatusCode, StatusReason]:
    return one.account_id, one.registry_alias, one.status_code, one.status_reason


def _unresolved_row(one: UnresolvedView) -> Row:
    nothing_happened: Row = dict.fromkeys(("pushed_at", "pulled_at", "in_use_at", "indexed_at"), ())
    return {**nothing_happened, **{name: list(text(one)) for name, text in _UNRESOLVED_TEXTS.items()}}


def _meets(values: Sequence[str], entries: Sequence[tuple[str, str]]) -> bool:
    positive = [entry for entry in entries if entry[0] != "NOT_EQUALS"]
    negative = [value for comparison, value in entries if comparison == "NOT_EQUALS"]
    found = any(
        value.startswith(wanted) if comparison == "PREFIX" else value == wanted
        for value in values
        for comparison, wanted in positive
    )
    return (found or not positive) and not any(value in negative for value in values)


def _inside(value: Any, spans: Sequence[tuple[Any, Any]]) -> bool:
    return value is not None and any(
        (low is None or low <= value) and (high is None or value <= high) for low, high in spans
    )
