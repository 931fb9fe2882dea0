"""What people call an image, and which images that means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

import typer

from dogwatch.cli.ports import Views
from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.images import is_digest
from dogwatch.model.views import ImageQuery, ImageView

OneImage = Annotated[
    str, typer.Argument(metavar="IMAGE", help="id, repository:tag, repository@digest, digest", show_default=False)
]

_ID = re.compile(r"[0-9]{1,18}")
_SHOWN_OF_SEVERAL = 8  # images named where one was asked for: more platforms hardly any index has


def texts_of_name(image: str) -> dict[str, list[tuple[str, str]]]:
    """Return the filters that one image's name means."""
    if is_digest(image):
        return {"digest": [("EQUALS", image)]}
    repository, at, digest = image.partition("@")
    if at:
        return {"repository": [("EQUALS", repository)], "digest": [("EQUALS", digest)]}
    repository, colon, tag = image.rpartition(":")
    if colon and "/" not in tag:
        return {"repository": [("EQUALS", repository)], "tag": [("EQUALS", tag)]}
    return {"repository": [("EQUALS", image)]}


def namesake(views: Views, account_id: str, name: str) -> ImageView | None:
    """Return a watched image that is named as somebody named one elsewhere."""
    return next(iter(views.images(ImageQuery(account_id, texts_of_name(name), limit=1)).rows), None)


def one_image(views: Views, account_id: str, name: str) -> ImageView:
    """Return the one image that a name means: an id, or what `dogwatch images` takes.

    Raises:
        NotFoundError: there is none.
        InvalidRequestError: there are several, as of a tag of a multi-platform image.
    """
    rows = images_named(views, account_id, name)
    if not rows:
        raise NotFoundError("image", name)
    if len(rows) > 1:
        shown = ", ".join(f"{row.image_id} ({platform_of(row)})" for row in rows[:_SHOWN_OF_SEVERAL])
        raise InvalidRequestError("image", f"{name} is several; name one by its id: {shown}")
    return rows[0]


def images_named(views: Views, account_id: str, name: str, registry: str = "") -> Sequence[ImageView]:
    """Return the images that a name means: all, or more than are told of where one was asked for.

    Args:
        views: the lists.
        account_id: whose images.
        name: an id, or what `dogwatch images` takes.
        registry: the alias of the one registry that is meant, if any.
    """
    texts = {"image": [("EQUALS", str(int(name)))]} if _ID.fullmatch(name) else texts_of_name(name)
    if registry:
        texts["registry"] = [("EQUALS", registry)]
    return views.images(ImageQuery(account_id, texts, limit=_SHOWN_OF_SEVERAL + 1)).rows


def platform_of(image: ImageView) -> str:
    """Return the platform of an image."""
    return f"{image.os}/{image.architecture}"
