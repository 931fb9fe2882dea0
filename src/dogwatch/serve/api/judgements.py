"""/api/v1/db/search: what the stored advisories say of a package that stands in no image."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from dogwatch.model.judgements import Judged
from dogwatch.serve.api import rendering
from dogwatch.serve.api.asked import Json, Known
from dogwatch.serve.api.filters import PAGING, read_limit
from dogwatch.serve.moments import iso

router = APIRouter()


@router.get("/db/search")
def judge_package(asked: Known) -> Json:
    """What a `package` (a package URL, or name@version with its `ecosystem`) is affected by; the most severe first."""
    asked.filters(others=(*PAGING, "package", "ecosystem"))
    place = (read_limit(asked.one("limit")), asked.one("cursor"))
    told = asked.views.judge_package(asked.account_id, asked.one("package"), asked.one("ecosystem"), *place)
    return Json(
        {
            "package": told.package,
            "package_url": told.package_url,
            "judged_by": told.judged_by,
            "revision": told.revision,
            "conclusion": told.conclusion,
            "judged": [_judged(one) for one in told.judged],
            "total": told.total,
            "next": told.next or None,
            "not_compared": [{"reason": one.reason, "advisories": one.advisories} for one in told.not_compared],
            "feeds": told.feeds,
            "feed_gaps": told.feed_gaps,
        }
    )


def _judged(one: Judged) -> dict[str, Any]:
    assessment = one.assessment
    return {
        "vulnerability": one.vulnerability,
        "aliases": list(one.aliases),
        "verdict": str(assessment.verdict),
        "severity": assessment.severity.name,
        "score": None if assessment.score is None else rendering.score_of_finding(assessment.score),
        **rendering.facts(one.facts),
        "fix_state": str(assessment.fix_state),
        "fixed_version": assessment.fixed_version,
        "source": assessment.source,
        "advisory": assessment.advisory,
        "summary": one.text.summary,
        "description": one.text.description,
        "references": list(one.text.references),
        "published_at": iso(one.text.published_at),
        "modified_at": iso(one.text.modified_at),
    }
