"""Lists of findings: 31 filters in eight orders both ways, first pages and fiftieth ones."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median, quantiles

from bench.bed import Bed
from bench.figures import Figure, Section
from bench.million.questions import SORTS, filters
from bench.million.world import described, filled
from bench.timing import milliseconds_of
from dogwatch.app.process import App
from dogwatch.model.views import FindingQuery

_SEED = 5
_FIRST_SECONDS, _LATER_SECONDS = 90.0, 60.0  # a run of everything stays under a quarter of an hour
_PAGE = 50
_LATER_SORT = "severity"
_SLOWEST = 8
_IMAGES = 50


@dataclass(frozen=True, slots=True)
class _Asked:
    """One list that was asked for; times in milliseconds."""

    what: str
    group: str
    took: float


def measure(bed: Bed) -> Section:
    """Ask for each combination once, in an order of chance, as long as there is time."""
    world = filled(bed, bed.images)
    with world.opened(to_change=False) as app:
        asked = filters(app, world.now)
        combinations = [
            (group, name, replace(query, sort=sort, descending=descending))
            for name, query in asked.items()
            for group, sorts in SORTS.items()
            for sort in sorts
            for descending in (True, False)
        ]
        random.Random(_SEED).shuffle(combinations)
        one = random.Random(_SEED).sample(range(1, bed.images), _IMAGES)
        images = tuple(_ask(app, replace(asked["one image"], texts=_image(number))) for number in one)
        first = _first_pages(app, combinations)
        later = _later_pages(app, asked)
    return Section(
        "Lists of findings",
        f"{described(bed.images)} {len(asked)} filters in {sum(map(len, SORTS.values()))} orders both ways, "
        f"{len(combinations)} combinations, of which {len(first)} were asked for once each, in an order of chance, "
        f"within {_FIRST_SECONDS:g} s: pages of 100 whole findings. Page {_PAGE} is the one behind 49 others, "
        f"by {_LATER_SORT}, for the {len(later)} filters that have as many, as far as {_LATER_SECONDS:g} s went.",
        (
            Figure("one image", "ms", images),
            Figure("first page, all combinations", "ms", tuple(each.took for each in first)),
            Figure("first page, 95th percentile of them", "ms", (_percentile([x.took for x in first]),), "< 100"),
            *(
                Figure(f"first page, ordered by {group}", "ms", _of(first, group))
                for group in SORTS
                if _of(first, group)
            ),
            *((Figure(f"page {_PAGE}", "ms", tuple(each.took for each in later)),) if later else ()),
        ),
        (_slowest(first),),
    )


def _first_pages(app: App, combinations: Sequence[tuple[str, str, FindingQuery]]) -> list[_Asked]:
    begun, asked = time.monotonic(), []
    for group, name, query in combinations:
        if time.monotonic() - begun > _FIRST_SECONDS:
            break
        way = "down" if query.descending else "up"
        asked.append(_Asked(f"{name}, by {query.sort} {way}", group, _ask(app, query)))
    return asked


def _later_pages(app: App, asked: Mapping[str, FindingQuery]) -> list[_Asked]:
    begun, later = time.monotonic(), []
    for name, each in asked.items():
        query, page = replace(each, sort=_LATER_SORT), 1
        while page < _PAGE and time.monotonic() - begun < _LATER_SECONDS:
            following = app.views.findings(query).next
            if not following:
                break
            query, page = replace(query, after=following), page + 1
        if page == _PAGE:
            later.append(_Asked(name, _LATER_SORT, median(_ask(app, query) for _ in range(3))))
    return later


def _ask(app: App, query: FindingQuery) -> float:
    return milliseconds_of(lambda: app.views.findings(query))


def _image(number: int) -> dict[str, list[tuple[str, str]]]:
    return {"image": [("EQUALS", str(number))]}


def _of(asked: Sequence[_Asked], group: str) -> tuple[float, ...]:
    return tuple(each.took for each in asked if each.group == group)


def _percentile(values: Sequence[float]) -> float:
    return quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def _slowest(asked: Sequence[_Asked]) -> str:
    worst = sorted(asked, key=lambda each: -each.took)[:_SLOWEST]
    return "The slowest: " + "; ".join(f"{each.what} ({each.took:,.0f} ms)" for each in worst) + "."
