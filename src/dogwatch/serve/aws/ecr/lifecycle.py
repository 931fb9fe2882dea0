"""Lifecycle policies and their previews, as ecr's clients set, read and preview them.

What ECR would then delete or archive, Dogwatch only proposes: an operation here never changes a registry.

Source:
    ecr service model 2015-09-21: the five operations on lifecycle policies.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Any

import msgspec

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.lifecycle import LifecycleAction, LifecycleOutcome, PreviewPage, PreviewQuery, StoredPolicy
from dogwatch.serve.aws.ecr.asked import EcrAsked
from dogwatch.serve.aws.ecr.repositories import Place, find_repository
from dogwatch.serve.aws.ecr.wire import TAGGED, ImageIds, OfRepository, TagStatus, names_of_images
from dogwatch.serve.aws.wire import decode, seconds, without_empty
from dogwatch.serve.ports import Role

PREVIEW_KEPT = timedelta(days=1)
"""How long a preview speaks for its repository: pushes and pulls of a day make another."""

_PAGE = 100


class _Put(OfRepository):
    lifecycle_policy_text: str


class _Start(OfRepository):
    lifecycle_policy_text: str | None = None


class _Filter(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    tag_status: TagStatus = "ANY"


class _GetPreview(OfRepository):
    image_ids: ImageIds | None = None
    next_token: str | None = None
    max_results: Annotated[int, msgspec.Meta(ge=1, le=_PAGE)] | None = None
    filter: _Filter = msgspec.field(default_factory=_Filter)


def put_lifecycle_policy(asked: EcrAsked) -> dict[str, Any]:
    """Answer PutLifecyclePolicy.

    Raises:
        InvalidRequestError: what ECR would refuse; the message names rule and field.
        NotFoundError, ForbiddenError: no such repository, or not for this caller.
    """
    asked.caller.require(Role.ADMIN, "PutLifecyclePolicy")
    wanted = decode(asked.body, _Put)
    place = _place(asked, wanted)
    with _as_member():
        stored = asked.rooms.lifecycle.set_policy(*_key(asked, place), wanted.lifecycle_policy_text)
    return {**_repository(asked, place), "lifecyclePolicyText": stored.text}


def get_lifecycle_policy(asked: EcrAsked) -> dict[str, Any]:
    """Answer GetLifecyclePolicy.

    Raises:
        NotFoundError: no such repository, or no policy of it.
    """
    place = _place(asked, decode(asked.body, OfRepository))
    stored = asked.rooms.lifecycle.load_policy(*_key(asked, place))
    return _policy(asked, place, stored)


def delete_lifecycle_policy(asked: EcrAsked) -> dict[str, Any]:
    """Answer DeleteLifecyclePolicy: the policy goes, no image does.

    Raises:
        NotFoundError, ForbiddenError: no such repository or policy, or not for this caller.
    """
    asked.caller.require(Role.ADMIN, "DeleteLifecyclePolicy")
    place = _place(asked, decode(asked.body, OfRepository))
    former = asked.rooms.lifecycle.remove_policy(*_key(asked, place))
    return _policy(asked, place, former)


def start_lifecycle_policy_preview(asked: EcrAsked) -> dict[str, Any]:
    """Answer StartLifecyclePolicyPreview. The preview is complete when this returns, so that is what it says.

    Raises:
        InvalidRequestError: what ECR would refuse.
        NotFoundError: no such repository, or no policy of it where none was sent.
        ConflictError: another preview of the repository is being made.
    """
    wanted = decode(asked.body, _Start)
    place = _place(asked, wanted)
    with _as_member():
        text = asked.rooms.lifecycle.start_preview(*_key(asked, place), wanted.lifecycle_policy_text)
    return {**_repository(asked, place), "lifecyclePolicyText": text, "status": "COMPLETE"}


def get_lifecycle_policy_preview(asked: EcrAsked) -> dict[str, Any]:
    """Answer GetLifecyclePolicyPreview: images that would go. What is in use, or named by an index, is not among them.

    Raises:
        NotFoundError: no such repository, or no preview of it.
        InvalidRequestError: a token of another preview, or members that do not go together.
    """
    wanted = decode(asked.body, _GetPreview)
    place = _place(asked, wanted)
    page = asked.rooms.lifecycle.load_preview(*_key(asked, place), _query(wanted))
    members = {**_repository(asked, place), "lifecyclePolicyText": page.text}
    if asked.rooms.views.now() - page.at > PREVIEW_KEPT:
        return {**members, "status": "EXPIRED"}
    results = [_result(one) for one in page.rows]
    shown = {**members, "status": "COMPLETE", "previewResults": results, "summary": _summary(page)}
    return {**shown, "nextToken": page.next} if page.next else shown


def _policy(asked: EcrAsked, place: Place, one: StoredPolicy) -> dict[str, Any]:
    members = {"lifecyclePolicyText": one.text, "lastEvaluatedAt": seconds(one.evaluated_at)}
    return without_empty({**_repository(asked, place), **members})


def _query(wanted: _GetPreview) -> PreviewQuery:
    named = names_of_images(wanted.image_ids, wanted.next_token, wanted.max_results)
    return PreviewQuery(named, TAGGED[wanted.filter.tag_status], wanted.max_results or _PAGE, wanted.next_token or "")


def _result(one: LifecycleOutcome) -> dict[str, Any]:
    archives = one.action is LifecycleAction.ARCHIVE
    action = {"type": "TRANSITION", "targetStorageClass": "ARCHIVE"} if archives else {"type": "EXPIRE"}
    return without_empty(
        {
            "imageTags": list(one.tags),
            "imageDigest": one.digest,
            "imagePushedAt": seconds(one.pushed_at),
            "action": action,
            "appliedRulePriority": one.rule,
            "storageClass": one.storage_class.upper(),
        }
    )


def _summary(page: PreviewPage) -> dict[str, Any]:
    archived = page.counts.get(LifecycleAction.ARCHIVE, 0)
    counts = [{"targetStorageClass": "ARCHIVE", "imageTotalCount": archived}] if archived else []
    expiring = page.counts.get(LifecycleAction.EXPIRE, 0)
    return without_empty({"expiringImageTotalCount": expiring, "transitioningImageTotalCounts": counts})


def _place(asked: EcrAsked, wanted: OfRepository) -> Place:
    asked.refuse_other_registry(wanted.registry_id)
    return find_repository(asked, wanted.repository_name)


def _key(asked: EcrAsked, place: Place) -> tuple[str, str, str]:
    return asked.caller.account_id, place.alias, place.repository


def _repository(asked: EcrAsked, place: Place) -> dict[str, str]:
    return {"registryId": asked.caller.account_id, "repositoryName": place.shown}


@contextmanager
def _as_member() -> Iterator[None]:
    """Tell a policy's mistake as one of the member that it came in, in words that ECR's clients look for."""
    try:
        yield
    except InvalidRequestError as error:
        reason = f"failed to satisfy constraint: 'Lifecycle policy validation failure: {error.message}'"
        raise InvalidRequestError("lifecyclePolicyText", reason) from error
