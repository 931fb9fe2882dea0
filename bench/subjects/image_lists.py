"""Lists of images with the usual filters, one image, and the counts of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bench.bed import Bed
from bench.figures import Figure, Section
from bench.million.shape import ACCOUNTS
from bench.million.world import LARGEST, described, filled
from bench.timing import milliseconds_of, rounds
from dogwatch.app.process import App
from dogwatch.model.views import ImageQuery

_ROUNDS = 7
_PAGE = 50
_TEAM = [("PREFIX", "team-07/")]
_ACTIVE = [("EQUALS", "ACTIVE")]


def measure(bed: Bed) -> Section:
    """Ask for first pages and fiftieth ones, whole as lists show them, then for single images and for counts."""
    world = filled(bed, bed.images)
    figures = []
    with world.opened(to_change=False) as app:
        for name, query in _queries(world.now).items():
            figures.append(Figure(f"{name}: first page", "ms", rounds(_ROUNDS, lambda q=query: _ask(app, q))))  # type: ignore[misc]
            later, page = _walk(app, query)
            if page > 1:
                figures.append(Figure(f"{name}: page {page}", "ms", rounds(_ROUNDS, lambda q=later: _ask(app, q))))  # type: ignore[misc]
        numbers = iter(range(1, world.images, world.images // (_ROUNDS * 7)))
        figures.append(Figure("one image", "ms", rounds(_ROUNDS * 6, lambda: _ask(app, _one(next(numbers))))))
        figures.append(
            Figure(
                "counts by registry and status, one account",
                "ms",
                rounds(3, lambda: milliseconds_of(lambda: app.views.count_coverage(ImageQuery(LARGEST)))),
            )
        )
        figures.append(
            Figure("the same, all accounts", "ms", (milliseconds_of(app.views.coverage_of_all),)),
        )
    return Section(
        "Lists of images",
        f"{described(bed.images)} A page has 100 images with their tags, gaps, packages and findings by severity; "
        f"page {_PAGE} is the one behind 49 others by cursor, or the last one. Counts are made from the rows at every "
        "question; they are true as of now, whatever revision that is.",
        tuple(figures),
    )


def _queries(now: datetime) -> Mapping[str, ImageQuery]:
    pulled = {"pulled_at": [(now - timedelta(days=2), None)]}
    return {
        "all": ImageQuery(LARGEST),
        "watched": ImageQuery(LARGEST, texts={"status_code": _ACTIVE}),
        "one repository": ImageQuery(LARGEST, texts={"repository": [("EQUALS", "team-07/service-57")]}),
        "a team's repositories": ImageQuery(LARGEST, texts={"repository": _TEAM}),
        "a tag of each repository": ImageQuery(LARGEST, texts={"tag": [("EQUALS", "latest")]}),
        "tags by prefix": ImageQuery(LARGEST, texts={"tag": [("PREFIX", "v9")]}),
        "pulled in the last 2 days": ImageQuery(LARGEST, times=pulled),
        "pulled in the last 2 days, watched, a team's": ImageQuery(
            LARGEST, texts={"repository": _TEAM, "status_code": _ACTIVE}, times=pulled
        ),
        "an account with 5 of 100 repositories": ImageQuery(ACCOUNTS[2]),
    }


def _walk(app: App, query: ImageQuery) -> tuple[ImageQuery, int]:
    """Return the query for page 50, or for the last page, and its number."""
    plain, page = replace(query, with_counts=False), 1
    while page < _PAGE and (following := app.views.images(plain).next):
        plain, page = replace(plain, after=following), page + 1
    return replace(plain, with_counts=True), page


def _one(number: int) -> ImageQuery:
    return ImageQuery(LARGEST, texts={"image": [("EQUALS", str(number))]})


def _ask(app: App, query: ImageQuery) -> float:
    return milliseconds_of(lambda: app.views.images(query))
