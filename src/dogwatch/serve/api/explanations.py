"""/api/v1/explanations: why a package is, or is not, affected by a vulnerability; and the same of a finding."""

from __future__ import annotations

from fastapi import APIRouter

from dogwatch.model.errors import InvalidRequestError
from dogwatch.serve.api.asked import Json, Known
from dogwatch.serve.limits import MAX_VALUE_CHARACTERS
from dogwatch.serve.moments import iso

router = APIRouter()


@router.get("/explanations")
def explain(asked: Known) -> Json:
    """Every range that was considered for a `package`, and a `vulnerability` by any name, with what came of it.

    `package` is a package URL, or name@version with its `ecosystem`. Without a `vulnerability`: what cannot be compared
    with the package at all.
    """
    asked.filters(others=("package", "ecosystem", "vulnerability"))
    texts = [asked.one(name) for name in ("package", "ecosystem", "vulnerability")]
    for name, text in zip(("package", "ecosystem", "vulnerability"), texts, strict=True):
        if len(text) > MAX_VALUE_CHARACTERS:
            raise InvalidRequestError(name, f"longer than {MAX_VALUE_CHARACTERS} characters")
    return Json({"at": iso(asked.views.now()), "explanations": asked.views.explain(asked.account_id, *texts)})


@router.get("/findings/{finding_id}/explanation")
def explain_finding(finding_id: str, asked: Known) -> Json:
    """The same of each package of a finding, open or closed."""
    asked.filters()
    found = asked.views.explain_finding(asked.account_id, finding_id)
    return Json({"at": iso(asked.views.now()), "explanations": found})
