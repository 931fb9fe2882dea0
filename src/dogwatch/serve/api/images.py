"""/api/v1/images, /api/v1/unresolved and /api/v1/coverage."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter

from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.filters import IMAGE_FIELDS
from dogwatch.model.views import ImageQuery, ImageView
from dogwatch.serve.api import rendering
from dogwatch.serve.api.asked import Asked, Json, Known
from dogwatch.serve.api.filters import ALL_IMAGE_FILTERS, FILTER, PAGING, Texts, read_limit
from dogwatch.serve.looked_at import looked_at, statuses

router = APIRouter()

_ID = re.compile(r"[0-9]{1,18}")
_DIGEST = re.compile(r"[a-z0-9]{1,32}:[0-9a-f]{32,128}")


@router.get("/images")
def list_images(asked: Known) -> Json:
    """Images with their status, clocks, watch and gaps."""
    texts = asked.filters(ALL_IMAGE_FILTERS, (FILTER, *PAGING))
    query = _query(asked, texts)
    page = asked.views.images(query)
    seen = looked_at(asked.views, asked.account_id, texts, query.filter)
    return Json({"images": [rendering.image(one) for one in page.rows], "next": page.next or None, "looked_at": seen})


@router.get("/images/{reference}")
def show_image(reference: str, asked: Known) -> Json:
    """The image of an id, or the images that have a digest, each with what could not be compared in it."""
    asked.filters()
    texts = _named(reference)
    page = asked.views.images(ImageQuery(asked.account_id, texts=texts))
    if not page.rows:
        raise NotFoundError("image", reference)
    images = [_whole(asked, one) for one in page.rows]
    return Json({"images": images, "looked_at": looked_at(asked.views, asked.account_id, texts)})


@router.get("/coverage")
def show_coverage(asked: Known) -> Json:
    """Images by status, in all and by registry; gaps; feeds; how many manifests could not be resolved."""
    texts = asked.filters(ALL_IMAGE_FILTERS, (FILTER,))
    wanted = asked.filter(IMAGE_FIELDS)
    counts = asked.views.count_coverage(ImageQuery(asked.account_id, texts=texts, filter=wanted))
    by_registry = {
        alias: {
            "statuses": statuses(one for one in counts if one.registry_alias == alias),
            "gaps": sum(one.gaps for one in counts if one.registry_alias == alias),
            "unresolved": sum(one.unresolved for one in counts if one.registry_alias == alias),
        }
        for alias in sorted({one.registry_alias for one in counts})
    }
    seen = looked_at(asked.views, asked.account_id, texts, wanted)
    return Json({**seen, "registries": by_registry, "counts": [rendering.count(one) for one in counts]})


@router.get("/unresolved")
def list_unresolved(asked: Known) -> Json:
    """Manifests that could not be resolved, so that nobody knows whether they are images; with the reason."""
    texts = asked.filters(ALL_IMAGE_FILTERS, (FILTER, *PAGING))
    query = _query(asked, texts)
    page = asked.views.unresolved(query)
    return Json({"unresolved": [rendering.unresolved(one) for one in page.rows], "next": page.next or None})


def _query(asked: Asked, texts: Texts) -> ImageQuery:
    return ImageQuery(
        asked.account_id,
        texts=texts,
        filter=asked.filter(IMAGE_FIELDS),
        limit=read_limit(asked.one("limit")),
        after=asked.one("cursor"),
    )


def _named(reference: str) -> Texts:
    if _ID.fullmatch(reference):
        return {"image": [("EQUALS", str(int(reference)))]}
    if _DIGEST.fullmatch(reference):
        return {"digest": [("EQUALS", reference)]}
    raise InvalidRequestError("image", "neither an image's id nor a digest")


def _whole(asked: Asked, one: ImageView) -> dict[str, Any]:
    names = ("ecosystem", "package", "version", "reason", "advisories")
    rows = asked.views.undetermined(asked.account_id, one.image_id)
    listed = [dict(zip(names, row, strict=True)) for row in rows]
    return {**rendering.image(one), "undetermined_packages": listed}
