"""/api/v1/images/{id}/{deed}: what is done to one image by hand. Each deed stands in the image's history."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from fastapi import APIRouter

from dogwatch.model.deeds import MAX_HOLD, Deed, DeedRequest
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.monitoring import Clock
from dogwatch.model.views import ImageQuery
from dogwatch.serve.api import rendering
from dogwatch.serve.api.asked import Asked, Json, Known
from dogwatch.serve.api.histories import deed as deed_json
from dogwatch.serve.api.histories import image_id
from dogwatch.serve.moments import read_moment
from dogwatch.serve.ports import Role

router = APIRouter()


class _Wish(msgspec.Struct, forbid_unknown_fields=True):
    reason: str = ""
    until: str = ""
    days: int | None = None
    clock: Clock | None = None


@router.post("/images/{image}/scan")
def scan(image: str, asked: Known) -> Json:
    """Have the image read again now, where there is something to read."""
    return _do(Deed.SCAN, image, asked)


@router.post("/images/{image}/wake")
def wake(image: str, asked: Known) -> Json:
    """Watch the image again, where one of its clocks is inside its window."""
    return _do(Deed.WAKE, image, asked)


@router.post("/images/{image}/forget")
def forget(image: str, asked: Known) -> Json:
    """End the image's monitoring until the next event."""
    return _do(Deed.FORGET, image, asked)


@router.post("/images/{image}/hold")
def hold(image: str, asked: Known) -> Json:
    """Keep watching the image until a moment (`until`, or `days` from now), whatever its clocks say."""
    return _do(Deed.HOLD, image, asked)


@router.post("/images/{image}/release")
def release(image: str, asked: Known) -> Json:
    """End the image's hold."""
    return _do(Deed.RELEASE, image, asked)


@router.post("/images/{image}/touch")
def touch(image: str, asked: Known) -> Json:
    """Count the image as pulled or as seen in use at this moment (`clock`: pull, in use)."""
    return _do(Deed.TOUCH, image, asked)


@router.post("/images/{image}/archive")
def archive(image: str, asked: Known) -> Json:
    """Set the image aside: not watched, whatever is heard of it, until it is restored."""
    return _do(Deed.ARCHIVE, image, asked)


@router.post("/images/{image}/restore")
def restore(image: str, asked: Known) -> Json:
    """Take the image out of the archive: its push clock counts from now."""
    return _do(Deed.RESTORE, image, asked)


def _do(deed: Deed, image: str, asked: Asked) -> Json:
    asked.filters()
    asked.caller.require(Role.ADMIN, f"{deed} an image")
    number = image_id(image)
    wish = asked.decode(_Wish) if asked.body else _Wish()
    until = _until(wish, asked.views.now())
    done = asked.rooms.deeds.do(
        asked.account_id, number, DeedRequest(deed, asked.caller.name, wish.reason, until, wish.clock)
    )
    (shown,) = asked.views.images(ImageQuery(asked.account_id, {"image": [("EQUALS", str(number))]})).rows
    return Json({"deed": deed_json(done), "image": rendering.image(shown)})


def _until(wish: _Wish, now: datetime) -> datetime | None:
    if wish.days is None:
        return read_moment("until", wish.until)
    if wish.until:
        raise InvalidRequestError("days", "until says the same; name one of them")
    if not 1 <= wish.days <= MAX_HOLD.days:
        raise InvalidRequestError("days", f"must be 1 to {MAX_HOLD.days}")
    return now + timedelta(days=wish.days)
