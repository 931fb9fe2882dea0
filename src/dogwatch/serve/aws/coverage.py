"""ListCoverage: every image with its status. One that was not looked at yet stands here, and says so.

Behind the images come the manifests that could not be resolved: nobody knows whether they are images, but a reader must
see that something was not looked at, and why.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import msgspec

from dogwatch.model.monitoring import ScanFrequency
from dogwatch.model.views import FindingView, ImageQuery, ImageView, UnresolvedView
from dogwatch.serve.aws.criteria import FilterTable, absent
from dogwatch.serve.aws.names import Names, ask_image_arn, ask_region, ask_repository, load_names
from dogwatch.serve.aws.wire import MapFilters, decode, read_exact_texts, seconds, without_empty
from dogwatch.serve.callers import Caller
from dogwatch.serve.ports import RegistryAdmin, Views

RESOURCE_TYPE = "AWS_ECR_CONTAINER_IMAGE"
SCAN_TYPE = "PACKAGE"
_PAGE = 100  # where the client does not say
_UNRESOLVED = "unresolved:"  # begins the tokens of the second list; cursors of the store have no colon

FILTERS = FilterTable(
    read_texts=read_exact_texts,
    properties={
        "scanStatusCode": "status_code",
        "scanStatusReason": "status_reason",
        "ecrImageTags": "tag",
        "cloudContainerImageTags": "tag",
        "cloudContainerRegistryName": "registry",
    },
    constants={
        "accountId": lambda account_id: account_id,
        "cloudProviderAccountId": lambda account_id: account_id,
        "resourceType": lambda _: RESOURCE_TYPE,
        "scanType": lambda _: SCAN_TYPE,
        "cloudProvider": lambda _: "AWS",
    },
    times={
        "lastScannedAt": "indexed_at",
        "imagePulledAt": "pulled_at",
        "ecrImageLastInUseAt": "in_use_at",
    },
    numbers={"ecrImageInUseCount": "in_use_count"},
    by_name={
        "ecrRepositoryName": ask_repository,
        "cloudContainerRepositoryName": ask_repository,
        "resourceId": ask_image_arn,
        "cloudProviderRegion": ask_region,
    },
    absent=frozenset(
        {
            "lambdaFunctionName",
            "lambdaFunctionRuntime",
            "scanMode",
            "codeRepositoryProjectName",
            "codeRepositoryProviderType",
            "codeRepositoryProviderTypeVisibility",
            "lastScannedCommitId",
            "cloudServerlessFunctionName",
            "cloudServerlessFunctionRuntime",
            "cloudProviderOrgId",
        }
    ),
    others={
        "ec2InstanceTags": absent(MapFilters),
        "lambdaFunctionTags": absent(MapFilters),
        "machineImageTags": absent(MapFilters),
        "cloudVmInstanceTags": absent(MapFilters),
        "cloudServerlessFunctionTags": absent(MapFilters),
    },
)
"""The filters of ListCoverage and of its statistics."""


class _ListCoverage(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    filter_criteria: dict[str, msgspec.Raw] = {}
    max_results: Annotated[int, msgspec.Meta(ge=1, le=200)] = _PAGE
    next_token: Annotated[str, msgspec.Meta(max_length=1_000_000)] = ""


def list_coverage(caller: Caller, body: bytes, views: Views, registries: RegistryAdmin) -> dict[str, Any]:
    """Answer ListCoverage.

    Raises:
        InvalidRequestError: a filter or token that the model does not have.
    """
    wanted = decode(body, _ListCoverage)
    names = load_names(caller.account_id, registries, views)
    question = FILTERS.ask(wanted.filter_criteria, names)
    if question.is_impossible:
        return {"coveredResources": []}
    query = ImageQuery(
        caller.account_id,
        texts=question.texts,
        times=question.times,
        numbers=question.numbers,
        limit=wanted.max_results,
        after=wanted.next_token,
        with_counts=False,
    )
    rows, following = _page(query, views)
    covered = {"coveredResources": [_resource(row, names) for row in rows]}
    return {**covered, "nextToken": following} if following else covered


def _page(query: ImageQuery, views: Views) -> tuple[list[ImageView | UnresolvedView], str]:
    """Return a page of images, then of unresolved manifests, and the token of the next."""
    rows: list[ImageView | UnresolvedView] = []
    after = query.after
    if not after.startswith(_UNRESOLVED):
        images = views.images(query)
        rows += images.rows
        if images.next:
            return rows, images.next
        after = _UNRESOLVED
    room = query.limit - len(rows)
    rest = views.unresolved(replace(query, limit=max(room, 1), after=after.removeprefix(_UNRESOLVED)))
    if not room:
        return rows, _UNRESOLVED if rest.rows else ""
    return [*rows, *rest.rows], _UNRESOLVED + rest.next if rest.next else ""


def _resource(image: ImageView | UnresolvedView, names: Names) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "resourceType": RESOURCE_TYPE,
        "resourceId": names.image_arn(image),
        "accountId": image.account_id,
        "scanType": SCAN_TYPE,
        "scanStatus": {"statusCode": str(image.status_code), "reason": str(image.status_reason)},
        "resourceMetadata": {
            "ecrImage": _image(image),
            "ecrRepository": without_empty(
                {
                    "name": names.repository(image.registry_alias, image.repository),
                    "scanFrequency": "MANUAL" if image.scan_frequency == ScanFrequency.OFF else image.scan_frequency,
                }
            ),
        },
    }
    if isinstance(image, ImageView):
        resource["lastScannedAt"] = seconds(image.indexed_at)
    return without_empty(resource)


def in_use(one: ImageView | FindingView) -> dict[str, Any]:
    """Return when containers of an image were last seen running, and how many; nothing where none ever was."""
    if one.in_use_at is None:
        return {}
    return {"lastInUseAt": seconds(one.in_use_at), "inUseCount": one.in_use_count}


def _image(image: ImageView | UnresolvedView) -> dict[str, Any]:
    if isinstance(image, UnresolvedView):
        return without_empty({"tags": list(image.tags)})
    tags = sorted({*image.tags, *image.tags_via_index})
    return without_empty({"tags": tags, "imagePulledAt": seconds(image.pulled_at), **in_use(image)})
