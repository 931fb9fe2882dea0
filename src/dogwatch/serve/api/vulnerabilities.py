"""/api/v1/vulnerabilities: a search; and everything that is known of one vulnerability, by any of its names."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.matches import Severity
from dogwatch.model.vulnerabilities import (
    AdvisoryView,
    FoundVulnerability,
    RangeView,
    VulnerabilityQuery,
    VulnerabilityView,
)
from dogwatch.serve.api import rendering
from dogwatch.serve.api.asked import Json, Known
from dogwatch.serve.api.filters import PAGING, read_limit
from dogwatch.serve.moments import iso

router = APIRouter()

_MILLION = 1_000_000


@router.get("/vulnerabilities")
def search_vulnerabilities(asked: Known) -> Json:
    """Vulnerabilities by the beginning of a name or by package (`text`), and by what is known of them; by name."""
    texts = asked.filters(("severity",), (*PAGING, "text", "package", "ecosystem", "exploited", "epss"))
    query = VulnerabilityQuery(
        text=asked.one("text"),
        package=asked.one("package"),
        ecosystem=asked.one("ecosystem"),
        severities=frozenset(_severity(*entry) for entry in texts.get("severity", ())),
        exploited=asked.switch("exploited"),
        epss_ppm=_probability(asked.one("epss")),
        limit=read_limit(asked.one("limit")),
        after=asked.one("cursor"),
    )
    page = asked.views.search_vulnerabilities(query)
    return Json({"vulnerabilities": [found_vulnerability(one) for one in page.rows], "next": page.next or None})


def _severity(comparison: str, word: str) -> Severity:
    if comparison != "EQUALS" or word not in Severity.__members__:
        raise InvalidRequestError("severity", f"must be one of {', '.join(Severity.__members__)}")
    return Severity[word]


def _probability(text: str) -> int:
    """Return a probability in parts per million; 0 where none is asked for."""
    try:
        number = float(text or "0")
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise InvalidRequestError("epss", "a number from 0 to 1 is needed")
    return round(number * _MILLION)


def found_vulnerability(one: FoundVulnerability) -> dict[str, Any]:
    """Return a vulnerability of a search."""
    return {
        "vulnerability": one.name,
        "aliases": list(one.aliases),
        "severity": one.severity.name,
        "score": None if one.score is None else rendering.score_of_finding(one.score),
        **rendering.facts(one.facts),
        "packages": [{"ecosystem": each.ecosystem, "name": each.name} for each in one.packages],
        "more_packages": one.more_packages,
        "summary": one.summary,
        "modified_at": iso(one.modified_at),
    }


@router.get("/vulnerabilities/{name}")
def show_vulnerability(name: str, asked: Known) -> Json:
    """What is known by a name: scores, facts, advisories with their ranges, and how many images it concerns."""
    asked.filters((), ())
    found = asked.views.vulnerabilities(asked.account_id, name)
    if not found:
        raise NotFoundError("vulnerability", name)
    return Json({"vulnerabilities": [vulnerability(one) for one in found]})


def vulnerability(one: VulnerabilityView) -> dict[str, Any]:
    """Return a vulnerability."""
    return {
        "vulnerability": one.name,
        "aliases": list(one.aliases),
        "scores": [rendering.score_of_finding(each) for each in one.scores],
        **rendering.facts(one.facts),
        "images": one.images,
        "more_images": one.are_more,
        "advisories": [_advisory(each) for each in one.advisories],
    }


def _advisory(one: AdvisoryView) -> dict[str, Any]:
    return {
        "source": one.source,
        "advisory": one.advisory,
        "summary": one.summary,
        "published_at": iso(one.published_at),
        "modified_at": iso(one.modified_at),
        "withdrawn_at": iso(one.withdrawn_at),
        "ranges": [_range(each) for each in one.ranges],
        "more_ranges": one.more_ranges,
    }


def _range(one: RangeView) -> dict[str, Any]:
    return {
        "ecosystem": one.ecosystem,
        "package": one.package,
        "introduced": one.introduced,
        "fixed": one.fixed,
        "last_affected": one.last_affected,
        "exact_version": one.exact_version,
        "fix_state": one.fix_state,
        "verdict": one.verdict,
        "not_comparable": one.not_comparable,
    }
