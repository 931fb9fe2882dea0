"""/api/v1/findings."""

from __future__ import annotations

import re

from fastapi import APIRouter

from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.filters import FINDING_FIELDS, SHARED_FIELDS, narrowed
from dogwatch.model.views import FindingQuery
from dogwatch.serve.api import rendering
from dogwatch.serve.api.asked import Asked, Json, Known
from dogwatch.serve.api.filters import FILTER, FINDING_FILTERS, PAGING, Texts, only_images, read_limit
from dogwatch.serve.looked_at import looked_at
from dogwatch.serve.moments import iso, read_moment

router = APIRouter()

_ID = re.compile(r"[0-9a-f]{32}")


@router.get("/findings")
def list_findings(asked: Known) -> Json:
    """Findings as of a moment, with what was looked at."""
    texts = asked.filters(FINDING_FILTERS, (FILTER, *PAGING, "as_of", "sort", "order"))
    query = _query(asked, texts)
    page = asked.views.findings(query)
    return Json(
        {
            "findings": [rendering.finding(one) for one in page.rows],
            "next": page.next or None,
            "as_of": iso(query.as_of),
            "looked_at": looked_at(
                asked.views, asked.account_id, only_images(texts), narrowed(query.filter, SHARED_FIELDS)
            ),
        }
    )


@router.get("/findings/{finding_id}")
def show_finding(finding_id: str, asked: Known) -> Json:
    """One finding, with what was looked at of its image."""
    asked.filters(others=("as_of",))
    if not _ID.fullmatch(finding_id):
        raise InvalidRequestError("finding", "an id has 32 hexadecimal digits")
    as_of = read_moment("as_of", asked.one("as_of"))
    query = FindingQuery(asked.account_id, texts={"finding": [("EQUALS", finding_id)]}, as_of=as_of, limit=1)
    page = asked.views.findings(query)
    if not page.rows:
        raise NotFoundError("finding", finding_id)
    image = {"image": [("EQUALS", str(page.rows[0].image_id))]}
    seen = looked_at(asked.views, asked.account_id, image)
    return Json({"finding": rendering.finding(page.rows[0]), "as_of": iso(as_of), "looked_at": seen})


def _query(asked: Asked, texts: Texts) -> FindingQuery:
    order = asked.one("order", "desc")
    if order not in ("asc", "desc"):
        raise InvalidRequestError("order", "asc or desc")
    return FindingQuery(
        asked.account_id,
        texts=texts,
        filter=asked.filter(FINDING_FIELDS),
        as_of=read_moment("as_of", asked.one("as_of")),
        sort=asked.one("sort", "severity"),
        descending=order == "desc",
        limit=read_limit(asked.one("limit")),
        after=asked.one("cursor"),
    )
