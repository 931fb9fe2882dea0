"""/api/v1/vulnerabilities/{name}: everything that is known of one vulnerability, by any of its names."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from dogwatch.model.errors import NotFoundError
from dogwatch.model.vulnerabilities import AdvisoryView, RangeView, VulnerabilityView
from dogwatch.serve.api import rendering
from dogwatch.serve.api.asked import Json, Known
from dogwatch.serve.moments import iso

router = APIRouter()


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
