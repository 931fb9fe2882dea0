"""The lists of the page: a filter, one page of rows, and where to go from there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.filters import FINDING_FIELDS, IMAGE_FIELDS, SHARED_FIELDS, OneOf, both, narrowed
from dogwatch.model.matches import Severity
from dogwatch.model.views import FindingQuery, FindingView, ImageQuery, ImageView, Page, UnresolvedView
from dogwatch.serve.looked_at import looked_at
from dogwatch.serve.page.address import Address, FilterInAddress, read_filter
from dogwatch.serve.ports import Views

ROWS = 50
"""Rows of one list: as many as somebody looks through before asking more narrowly."""

FINDINGS_BY_DEFAULT = "status = active"

SORTS = ("severity", "score", "epss", "vulnerability", "first_observed_at", "updated_at", "repository")
"""Orders that the page offers; times are newest first, names run backwards as everything does."""

_ASCENDING = frozenset({"vulnerability", "repository"})


@dataclass(frozen=True, slots=True)
class Listed:
    """One list of the page.

    `rows` is empty where `problem` says why there is no list. `seen` is what was looked at of the images concerned, so
    that an empty list does not pass for a clean one. `next` is a link or empty.
    """

    filter: FilterInAddress
    rows: Sequence[Any]
    next: str
    problem: InvalidRequestError | None
    seen: Mapping[str, Any]

    @property
    def is_continued(self) -> bool:
        """Whether this is not the first page of the list."""
        return bool(self.filter.address.one(self.filter.cursor))


def list_images(views: Views, account_id: str, address: Address) -> Listed:
    """Return the images that the address asks for."""
    asked = read_filter(address, "images", "images_cursor", IMAGE_FIELDS, "")
    if asked.problem:
        return Listed(asked, (), "", asked.problem, looked_at(views, account_id, {}))
    seen = looked_at(views, account_id, {}, asked.asked)
    query = ImageQuery(account_id, filter=asked.asked, limit=ROWS, after=address.one("images_cursor"))
    try:
        page = views.images(query)
    except InvalidRequestError as error:
        return Listed(asked, (), "", error, seen)
    return Listed(asked, page.rows, asked.link_at(page.next) if page.next else "", None, seen)


def list_findings(views: Views, account_id: str, address: Address, image: ImageView | None = None) -> Listed:
    """Return the findings that the address asks for: of all images, or of one."""
    asked = read_filter(address, "filter", "cursor", FINDING_FIELDS, FINDINGS_BY_DEFAULT)
    only = None if image is None else OneOf("image", (str(image.image_id),))
    seen = looked_at(views, account_id, {}, both(only, narrowed(asked.asked, SHARED_FIELDS)))
    if asked.problem:
        return Listed(asked, (), "", asked.problem, seen)
    sort = address.one("sort", "severity")
    query = FindingQuery(
        account_id,
        filter=both(only, asked.asked),
        sort=sort,
        descending=sort not in _ASCENDING,
        limit=ROWS,
        after=address.one("cursor"),
    )
    try:
        page = views.findings(query)
    except InvalidRequestError as error:
        return Listed(asked, (), "", error, seen)
    return Listed(asked, page.rows, asked.link_at(page.next) if page.next else "", None, seen)


def list_unresolved(views: Views, account_id: str) -> Page[UnresolvedView]:
    """Return the first manifests that could not be resolved, so that nobody knows whether they are images."""
    return views.unresolved(ImageQuery(account_id, limit=ROWS))


def offers(listed: Listed) -> list[tuple[str, str]]:
    """Return (words, link) of questions that are often asked of a list of findings."""
    asked = listed.filter
    return [
        ("critical and high", asked.link_to(OneOf("severity", (Severity.CRITICAL, Severity.HIGH)))),
        ("with a fix", asked.link_to(OneOf("fix", ("YES",)))),
        ("active and closed", asked.link_to_all()),
    ]


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer with how many of the listed findings it brought; its digest is empty where that is not known."""

    digest: str
    build_step: str
    base_image: str
    findings: int


def by_layer(rows: Sequence[FindingView]) -> list[LayerRow]:
    """Count the listed findings by the layer that brought a package of theirs; the worst layer first."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        counts.update({(package.layer_digest, package.build_step, package.base_image) for package in row.packages})
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return [LayerRow(*layer, findings) for layer, findings in ordered]
