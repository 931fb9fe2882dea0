"""DescribeImages: what stands in a repository, with its clocks, and how far its scan has come.

Source:
    ecr service model 2015-09-21: DescribeImages, ImageDetail, ScanStatus.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

import msgspec

from dogwatch.model.errors import NotFoundError
from dogwatch.model.manifests import ManifestQuery, ManifestView
from dogwatch.model.monitoring import StatusReason
from dogwatch.serve.aws.ecr.asked import EcrAsked
from dogwatch.serve.aws.ecr.repositories import Place, find_repository
from dogwatch.serve.aws.ecr.wire import TAGGED, ImageIds, OfRepository, TagStatus, names_of_images
from dogwatch.serve.aws.wire import decode, seconds, without_empty

_PAGE = 100
"""Images of a page where the client does not say."""

_PAGE_MAX = 1_000

_CONTINUOUS = "continuous scanning is selected for the image"
_SCANNED = "the scan was completed, and is not repeated"
_ARCHIVED = "the image is archived; restoring it has it scanned again"
_OFF = "scanning is switched off for the account"
_EXPIRED = "the image is no longer watched: its windows are over, or it was forgotten by hand"

SCAN_STATUSES: Mapping[StatusReason, tuple[str, str]] = MappingProxyType(
    {
        StatusReason.SUCCESSFUL: ("ACTIVE", _CONTINUOUS),
        StatusReason.PENDING_INITIAL_SCAN: ("PENDING", ""),
        StatusReason.PENDING_REVIVAL_SCAN: ("PENDING", ""),
        StatusReason.SCAN_IN_PROGRESS: ("IN_PROGRESS", ""),
        StatusReason.SCAN_FREQUENCY_SCAN_ON_PUSH: ("COMPLETE", _SCANNED),
        StatusReason.PENDING_DISABLE: ("FINDINGS_UNAVAILABLE", _OFF),
        StatusReason.IMAGE_ARCHIVED: ("IMAGE_ARCHIVED", _ARCHIVED),
        StatusReason.SCAN_ELIGIBILITY_EXPIRED: ("SCAN_ELIGIBILITY_EXPIRED", _EXPIRED),
        StatusReason.UNSUPPORTED_OS: ("UNSUPPORTED_IMAGE", ""),
        StatusReason.UNSUPPORTED_MEDIA_TYPE: ("UNSUPPORTED_IMAGE", ""),
        StatusReason.INVALID_ARTIFACT: ("FAILED", ""),
        StatusReason.STORAGE_LIMIT_EXCEEDED: ("LIMIT_EXCEEDED", ""),
        StatusReason.ACCESS_DENIED: ("FAILED", ""),
        StatusReason.INTERNAL_ERROR: ("FAILED", ""),
    }
)
"""Why an image stands as it does → its scan's status and a sentence; what is never scanned has none."""


_IS_ARCHIVED: Mapping[str, bool | None] = MappingProxyType(
    {"ACTIVE": False, "ARCHIVED": True, "ACTIVATING": None, "ANY": None}
)


class _Filter(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    tag_status: TagStatus = "ANY"
    image_status: Literal["ACTIVE", "ARCHIVED", "ACTIVATING", "ANY"] = "ACTIVE"


class _Describe(OfRepository):
    image_ids: ImageIds | None = None
    next_token: str | None = None
    max_results: Annotated[int, msgspec.Meta(ge=1, le=_PAGE_MAX)] | None = None
    filter: _Filter = msgspec.field(default_factory=_Filter)


def describe_images(asked: EcrAsked) -> dict[str, Any]:
    """Answer DescribeImages. What is named is described archived or not; nothing is ever ACTIVATING.

    Raises:
        NotFoundError: no such repository, or not one of the images that were named.
        InvalidRequestError: a token of another list, or members that do not go together.
    """
    wanted = decode(asked.body, _Describe)
    asked.refuse_other_registry(wanted.registry_id)
    place = find_repository(asked, wanted.repository_name)
    named = names_of_images(wanted.image_ids, wanted.next_token, wanted.max_results)
    is_tagged = TAGGED[wanted.filter.tag_status]
    limit = wanted.max_results or _PAGE
    archived = None if named else _IS_ARCHIVED[wanted.filter.image_status]
    query = ManifestQuery(named, None if named else is_tagged, archived, limit, wanted.next_token or "")
    page = asked.rooms.views.manifests(asked.caller.account_id, place.alias, place.repository, query)
    _require(named or (), page.rows, place)
    rows = [one for one in page.rows if is_tagged in (None, bool(one.tags))]
    if wanted.filter.image_status == "ACTIVATING":
        return {"imageDetails": []}
    described = {"imageDetails": [_detail(one, asked.caller.account_id, place) for one in rows]}
    return {**described, "nextToken": page.next} if page.next else described


def _require(named: tuple[tuple[str, str], ...], rows: tuple[ManifestView, ...], place: Place) -> None:
    for digest, tag in named:
        if not any(digest in ("", one.digest) and (not tag or tag in one.tags) for one in rows):
            name = "@".join(part for part in (tag, digest) if part)
            raise NotFoundError("image", f"{name} in {place.shown}")


def _detail(one: ManifestView, account_id: str, place: Place) -> dict[str, Any]:
    return without_empty(
        {
            "registryId": account_id,
            "repositoryName": place.shown,
            "imageDigest": one.digest,
            "imageTags": list(one.tags),
            "imageSizeInBytes": one.size_bytes,
            "imagePushedAt": seconds(one.pushed_at),
            "lastRecordedPullTime": seconds(one.pulled_at),
            "imageScanStatus": _scan_status(one),
            "imageManifestMediaType": one.media_type,
            "artifactMediaType": one.artifact_type,
            "subjectManifestDigest": one.subject_digest,
            "imageStatus": "ACTIVE" if one.archived_at is None else "ARCHIVED",
            "lastArchivedAt": seconds(one.archived_at),
            "lastActivatedAt": seconds(one.restored_at),
        }
    )


def _scan_status(one: ManifestView) -> dict[str, str] | None:
    found = None if one.status_reason is None else SCAN_STATUSES.get(one.status_reason)
    if found is None:
        return None
    status, sentence = found
    return without_empty({"status": status, "description": sentence or one.problem})
