"""The lists of a running service as commands ask for them: implements `cli.ports.Views` over /api/v1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

from dogwatch.cli.remote import (
    explanation_shapes,
    finding_shapes,
    history_shapes,
    image_shapes,
    journal_shapes,
    judgement_shapes,
    setup_shapes,
    vulnerability_shapes,
)
from dogwatch.cli.remote.wire import Wire
from dogwatch.model.coverage import CoverageCount
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.explanations import Explanation, PackageJudgement
from dogwatch.model.filters import filter_text
from dogwatch.model.histories import ImageHistory
from dogwatch.model.journals import DiffQuery, JournalDiff
from dogwatch.model.views import FeedView, FindingQuery, FindingView, ImageQuery, ImageView, Page, UnresolvedView
from dogwatch.model.vulnerabilities import FoundVulnerability, VulnerabilityQuery, VulnerabilityView


class RemoteViews:
    """Implements `ports.Views`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def findings(self, query: FindingQuery) -> Page[FindingView]:
        """Return a page of findings."""
        if query.times or query.numbers:
            raise InvalidRequestError("filter", "times and numbers are asked from afar by --filter alone")
        order = [("sort", query.sort), ("order", "desc" if query.descending else "asc")]
        as_of = [("as_of", query.as_of.isoformat())] if query.as_of else []
        page = self._wire.get("/findings", finding_shapes.FindingPage, [*_parameters(query), *order, *as_of])
        return Page(tuple(one.view() for one in page.findings), page.next or "")

    def images(self, query: ImageQuery) -> Page[ImageView]:
        """Return a page of images."""
        page = self._wire.get("/images", image_shapes.ImagePage, _parameters(query))
        return Page(tuple(one.view() for one in page.images), page.next or "")

    def history(self, account_id: str, image_id: int, limit: int, after: str) -> ImageHistory:
        """Return a page of an image's history."""
        place = [("limit", str(limit)), *([("cursor", after)] if after else [])]
        return self._wire.get(f"/images/{image_id}/history", history_shapes.History, place).view()

    def vulnerabilities(self, account_id: str, name: str) -> tuple[VulnerabilityView, ...]:
        """Return what is known by a name."""
        found = self._wire.get(f"/vulnerabilities/{quote(name, safe='')}", vulnerability_shapes.Vulnerabilities)
        return tuple(one.view() for one in found.vulnerabilities)

    def search_vulnerabilities(self, query: VulnerabilityQuery) -> Page[FoundVulnerability]:
        """Return a page of a search."""
        asked = [("text", query.text), ("package", query.package), ("ecosystem", query.ecosystem)]
        asked += [("severity", one.name) for one in sorted(query.severities)]
        asked += [("exploited", "true" if query.exploited else "")]
        asked += [("epss", f"{query.epss_ppm / 1e6:.6f}" if query.epss_ppm else "")]
        asked += [("limit", str(query.limit)), ("cursor", query.after)]
        given = [(name, value) for name, value in asked if value]
        page = self._wire.get("/vulnerabilities", vulnerability_shapes.VulnerabilityPage, given)
        return Page(tuple(one.view() for one in page.vulnerabilities), page.next or "")

    def explain(self, account_id: str, package: str, ecosystem: str, vulnerability: str) -> tuple[Explanation, ...]:
        """Return why a package is, or is not, affected by a vulnerability."""
        asked = [("package", package), ("ecosystem", ecosystem), ("vulnerability", vulnerability)]
        given = [(name, value) for name, value in asked if value]
        return self._wire.get("/explanations", explanation_shapes.Explanations, given).explanations

    def judge_package(self, account_id: str, package: str, ecosystem: str, limit: int, after: str) -> PackageJudgement:
        """Return what the stored advisories say of a package."""
        asked = [("package", package), ("ecosystem", ecosystem), ("limit", str(limit)), ("cursor", after)]
        given = [(name, value) for name, value in asked if value]
        return self._wire.get("/db/search", judgement_shapes.Told, given).view()

    def diff(self, query: DiffQuery) -> JournalDiff:
        """Return a page of what changed in the advisories."""
        asked = [("since", _boundary(query.since)), ("until", _boundary(query.until)), ("cursor", query.after)]
        asked += [("kind", kind) for kind in sorted(query.kinds)]
        given = [(name, value) for name, value in [*asked, ("limit", str(query.limit))] if value]
        return self._wire.get("/db/diff", journal_shapes.Told, given).view()

    def explain_finding(self, account_id: str, finding: str) -> tuple[Explanation, ...]:
        """Return why the packages of a finding are affected."""
        path = f"/findings/{quote(finding, safe='')}/explanation"
        return self._wire.get(path, explanation_shapes.Explanations).explanations

    def unresolved(self, query: ImageQuery) -> Page[UnresolvedView]:
        """Return a page of the manifests that could not be resolved."""
        page = self._wire.get("/unresolved", image_shapes.UnresolvedPage, _parameters(query))
        return Page(tuple(one.view() for one in page.unresolved), page.next or "")

    def undetermined(self, account_id: str, image_id: int) -> tuple[image_shapes.Undetermined, ...]:
        """Return what could not be compared in an image."""
        page = self._wire.get(f"/images/{image_id}", image_shapes.ImagePage)
        return tuple(lost for one in page.images for lost in one.lost())

    def count_coverage(self, query: ImageQuery) -> tuple[CoverageCount, ...]:
        """Count images by registry and status."""
        asked = _filters(query.texts) + ([("filter", filter_text(query.filter))] if query.filter else [])
        return tuple(one.view() for one in self._wire.get("/coverage", image_shapes.Coverage, asked).counts)

    def feeds(self) -> tuple[FeedView, ...]:
        """Return the freshness of every feed."""
        return self._wire.get("/db/status", setup_shapes.Feeds).feeds

    def now(self) -> datetime:
        """Return the service's present."""
        return self._wire.get("/db/status", setup_shapes.Feeds).at


def _boundary(asked: int | datetime | None) -> str:
    """Return a revision or a moment as a parameter; nothing for none."""
    return asked.isoformat() if isinstance(asked, datetime) else "" if asked is None else str(asked)


def _parameters(query: FindingQuery | ImageQuery) -> list[tuple[str, str]]:
    """Return a question's filters and place as the parameters of a list."""
    asked = [*_filters(query.texts), ("limit", str(query.limit))]
    asked += [("filter", filter_text(query.filter))] if query.filter else []
    return [*asked, *([("cursor", query.after)] if query.after else [])]


def _filters(texts: Mapping[str, Sequence[tuple[str, str]]]) -> list[tuple[str, str]]:
    marks = {"EQUALS": "{}", "NOT_EQUALS": "!{}", "PREFIX": "{}*"}
    return [(field, marks[how].format(value)) for field, entries in texts.items() for how, value in entries]
