"""ListFindings: filters and orders of AWS's model as questions of ours; what cannot be asked says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.views import FindingQuery
from dogwatch.serve.aws.coverage import RESOURCE_TYPE
from dogwatch.serve.aws.criteria import FilterTable, absent
from dogwatch.serve.aws.errors import NotOfferedError
from dogwatch.serve.aws.finding_shape import FINDING_TYPE, finding_shape
from dogwatch.serve.aws.names import (
    ask_finding_arn,
    ask_image_arn,
    ask_region,
    ask_repository,
    load_names,
)
from dogwatch.serve.aws.question import Question
from dogwatch.serve.aws.wire import (
    DateFilters,
    MapFilters,
    PackageFilters,
    PortFilters,
    decode,
    read_texts,
)
from dogwatch.serve.callers import Caller
from dogwatch.serve.ports import RegistryAdmin, Views

_PAGE = 100  # where the client does not say


def _ask_packages(question: Question, content: msgspec.Raw, place: str) -> None:
    entries = []
    for one in decode(content, PackageFilters, place):
        others = [field for field in one.__struct_fields__ if field != "name" and getattr(one, field) is not None]
        if one.name is None or others:
            raise NotOfferedError(place, "only by name is offered here yet")
        entries.append((one.name.comparison, one.name.value))
    question.ask_text("package", entries, place)


FILTERS = FilterTable(
    read_texts=read_texts,
    properties={
        "severity": "severity",
        "findingStatus": "status",
        "title": "title",
        "ecrImageArchitecture": "architecture",
        "cloudImageArchitecture": "architecture",
        "ecrImageRegistry": "registry",
        "cloudImageRegistry": "registry",
        "ecrImageTags": "tag",
        "cloudImageTags": "tag",
        "ecrImageHash": "digest",
        "cloudImageDigest": "digest",
        "vulnerabilityId": "vulnerability",
        "relatedVulnerabilities": "vulnerability",
        "vulnerabilitySource": "source",
        "fixAvailable": "fix",
        "exploitAvailable": "exploit",
    },
    constants={
        "awsAccountId": lambda account_id: account_id,
        "cloudProviderAccountId": lambda account_id: account_id,
        "findingType": lambda _: FINDING_TYPE,
        "resourceType": lambda _: RESOURCE_TYPE,
        "cloudProvider": lambda _: "AWS",
    },
    times={
        "firstObservedAt": "first_observed_at",
        "lastObservedAt": "last_observed_at",
        "updatedAt": "updated_at",
        "ecrImagePushedAt": "pushed_at",
        "cloudImagePushedAt": "pushed_at",
        "ecrImageLastInUseAt": "in_use_at",
        "cloudImageLastInUseAt": "in_use_at",
    },
    numbers={
        "inspectorScore": "score",
        "epssScore": "epss",
        "ecrImageInUseCount": "in_use_count",
        "cloudImageInUseCount": "in_use_count",
    },
    by_name={
        "ecrImageRepositoryName": ask_repository,
        "cloudImageRepositoryName": ask_repository,
        "resourceId": ask_image_arn,
        "findingArn": ask_finding_arn,
        "cloudProviderRegion": ask_region,
    },
    absent=frozenset(
        {
            "ec2InstanceImageId",
            "ec2InstanceVpcId",
            "ec2InstanceSubnetId",
            "networkProtocol",
            "componentId",
            "componentType",
            "vendorSeverity",
            "lambdaFunctionName",
            "lambdaFunctionLayers",
            "lambdaFunctionRuntime",
            "lambdaFunctionExecutionRoleArn",
            "codeVulnerabilityDetectorName",
            "codeVulnerabilityDetectorTags",
            "codeVulnerabilityFilePath",
            "codeRepositoryProjectName",
            "codeRepositoryProviderType",
            "machineImageId",
            "machineImageName",
            "machineImageOwnerAccountId",
            "machineImagePlatform",
            "cloudProviderOrgId",
            "cloudVmImageReference",
            "cloudVmNetworkId",
            "cloudVmSubnetIds",
            "cloudServerlessFunctionName",
            "cloudServerlessFunctionRuntime",
            "cloudServerlessFunctionExecutionRole",
        }
    ),
    others={
        "vulnerablePackages": _ask_packages,
        "lambdaFunctionLastModifiedAt": absent(DateFilters),
        "cloudServerlessFunctionLastModifiedAt": absent(DateFilters),
        "resourceTags": absent(MapFilters),
        "portRange": absent(PortFilters),
    },
)

_SORTS: Mapping[str, str] = {
    "SEVERITY": "severity",
    "FIRST_OBSERVED_AT": "first_observed_at",
    "LAST_OBSERVED_AT": "last_observed_at",
    "FINDING_STATUS": "status",
    "ECR_IMAGE_PUSHED_AT": "pushed_at",
    "ECR_IMAGE_REPOSITORY_NAME": "repository",
    "ECR_IMAGE_REGISTRY": "registry",
    "VULNERABILITY_ID": "vulnerability",
    "VULNERABILITY_SOURCE": "source",
    "INSPECTOR_SCORE": "score",
    "EPSS_SCORE": "epss",
    # Everything here is equal in these, so every order is theirs.
    "AWS_ACCOUNT_ID": "vulnerability",
    "FINDING_TYPE": "vulnerability",
    "RESOURCE_TYPE": "vulnerability",
    "NETWORK_PROTOCOL": "vulnerability",
    "COMPONENT_TYPE": "vulnerability",
    "VENDOR_SEVERITY": "vulnerability",
}


class _SortCriteria(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    field: str
    sort_order: Literal["ASC", "DESC"]


class _ListFindings(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    filter_criteria: dict[str, msgspec.Raw] = {}
    sort_criteria: _SortCriteria | None = None
    max_results: Annotated[int, msgspec.Meta(ge=1, le=100)] = _PAGE
    next_token: Annotated[str, msgspec.Meta(max_length=1_000_000)] = ""


def list_findings(caller: Caller, body: bytes, views: Views, registries: RegistryAdmin) -> dict[str, Any]:
    """Answer ListFindings: every status unless filtered, as the original does.

    Raises:
        InvalidRequestError: a filter, order or token that the model does not have, or that is not offered here.
    """
    wanted = decode(body, _ListFindings)
    names = load_names(caller.account_id, registries, views)
    question = FILTERS.ask(wanted.filter_criteria, names)
    sort, descending = _order(wanted.sort_criteria)
    if question.is_impossible:
        return {"findings": []}
    query = FindingQuery(
        caller.account_id,
        texts=question.texts,
        times=question.times,
        numbers=question.numbers,
        sort=sort,
        descending=descending,
        limit=wanted.max_results,
        after=wanted.next_token,
    )
    page = views.findings(query)
    found = {"findings": [finding_shape(one, names) for one in page.rows]}
    return {**found, "nextToken": page.next} if page.next else found


def _order(wanted: _SortCriteria | None) -> tuple[str, bool]:
    if wanted is None:
        return "severity", True
    if wanted.field not in _SORTS:
        raise InvalidRequestError("sortCriteria.field", f"none of {', '.join(_SORTS)}")
    return _SORTS[wanted.field], wanted.sort_order == "DESC"
