"""Members that many operations of ecr share, as the model bounds them; each operation's shape stands beside it.

Source:
    ecr service model 2015-09-21: RepositoryName, RegistryId, ImageIdentifier, TagStatus.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Literal

import msgspec

from dogwatch.model.errors import InvalidRequestError

RepositoryName = Annotated[
    str,
    msgspec.Meta(
        min_length=2,
        max_length=256,
        pattern=r"^[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*$",
    ),
]
"""Wider than ecr's own by capital letters and free punctuation: names elsewhere have them, and so have aliases."""


class OfRepository(msgspec.Struct, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """What names a repository; `registry_id` is an account's id."""

    repository_name: RepositoryName
    registry_id: str | None = None


class ImageId(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """What names an image: its digest, a tag, or both, which must then belong together."""

    image_digest: str = ""
    image_tag: Annotated[str, msgspec.Meta(max_length=300)] = ""


ImageIds = Annotated[list[ImageId], msgspec.Meta(min_length=1, max_length=100)]

TagStatus = Literal["TAGGED", "UNTAGGED", "ANY"]
TAGGED: Mapping[TagStatus, bool | None] = MappingProxyType({"TAGGED": True, "UNTAGGED": False, "ANY": None})
"""Whether what is asked for has tags; None means either."""


def names_of_images(
    image_ids: Sequence[ImageId] | None, next_token: str | None, max_results: int | None
) -> tuple[tuple[str, str], ...] | None:
    """Return digest and tag of each image that is named, one of which may be empty; None where none is.

    Raises:
        InvalidRequestError: one without either, or a page asked for beside them.
    """
    if image_ids is None:
        return None
    if next_token is not None or max_results is not None:
        raise InvalidRequestError("imageIds", "not together with nextToken or maxResults")
    for number, one in enumerate(image_ids):
        if not (one.image_digest or one.image_tag):
            raise InvalidRequestError(f"imageIds[{number}]", "imageDigest or imageTag is needed")
    return tuple((one.image_digest, one.image_tag) for one in image_ids)
