"""GetClustersForImage: where an image was seen running, as usage reports say.

Clusters that are not AWS's get an ARN that looks like one of EKS, since the model has no other. Only running containers
are reported, so `stoppedUnitCount` is left out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.usage import IN_USE_FOR, UseView
from dogwatch.serve.aws.names import PARTITION, Names, images_of, load_names
from dogwatch.serve.aws.wire import decode, seconds, without_empty
from dogwatch.serve.callers import Caller
from dogwatch.serve.ports import RegistryAdmin, Views

_PAGE = 100
_ARN = re.compile(r"arn:aws(?:-[a-z0-9-]+)?:(?:ecs|eks):[a-z0-9-]+:[0-9]{12}:cluster/[a-zA-Z0-9_-]+")
_NO_NAME = re.compile(r"[^a-zA-Z0-9_-]+")
_NO_REGION = re.compile(r"[^a-z0-9-]+")
_TOKEN = re.compile(r"[0-9]{1,6}")


class _Image(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    resource_id: Annotated[str, msgspec.Meta(max_length=2048)]


class _GetClusters(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    filter: _Image
    max_results: Annotated[int, msgspec.Meta(ge=1, le=100)] = _PAGE
    next_token: Annotated[str, msgspec.Meta(max_length=3000)] = ""


def get_clusters(caller: Caller, body: bytes, views: Views, registries: RegistryAdmin) -> dict[str, Any]:
    """Answer GetClustersForImage; an image that nobody has, or that was never seen, has no clusters.

    Raises:
        InvalidRequestError: a member that the model does not have, or a token that is none.
    """
    wanted = decode(body, _GetClusters)
    if wanted.next_token and not _TOKEN.fullmatch(wanted.next_token):
        raise InvalidRequestError("cursor", "not a token of this list")
    names = load_names(caller.account_id, registries, views)
    clusters: dict[str, list[UseView]] = defaultdict(list)
    for image_id, region in images_of(names, wanted.filter.resource_id):
        for use in views.history(caller.account_id, image_id, 1, "").uses:
            clusters[_arn(names, region, use.cluster)].append(use)
    begin = int(wanted.next_token or 0)
    end = begin + wanted.max_results
    shown = sorted(clusters)[begin:end]
    found = {"cluster": [_cluster(arn, clusters[arn], views.now()) for arn in shown]}
    return {**found, "nextToken": str(end)} if end < len(clusters) else found


def _arn(names: Names, region: str, cluster: str) -> str:
    if _ARN.fullmatch(cluster):
        return cluster
    place = _NO_REGION.sub("-", region.lower()) or "-"
    return f"arn:{PARTITION}:eks:{place}:{names.account_id}:cluster/{_NO_NAME.sub('-', cluster)}"


def _cluster(arn: str, uses: Sequence[UseView], now: datetime) -> Mapping[str, Any]:
    namespaces = sorted({use.namespace for use in uses})
    details = [_details(name, [use for use in uses if use.namespace == name], now) for name in namespaces]
    return {"clusterArn": arn, "clusterDetails": details}


def _details(namespace: str, uses: Sequence[UseView], now: datetime) -> Mapping[str, Any]:
    workloads = sorted({_workload(use.workload) for use in uses if use.workload})
    metadata = without_empty(
        {"namespace": namespace[:256], "workloadInfoList": [{"type": kind, "name": name} for kind, name in workloads]}
    )
    return {
        "lastInUse": seconds(max(use.last_seen_at for use in uses)),
        "runningUnitCount": sum(use.count for use in uses if use.last_seen_at >= now - IN_USE_FOR),
        "clusterMetadata": {"awsEksMetadataDetails": metadata},
    }


def _workload(text: str) -> tuple[str, str]:
    """Return kind and name of `Deployment/web`; the kind may be missing."""
    kind, slash, name = text.partition("/")
    return (kind[:256], name[:256]) if slash and kind and name else ("Workload", text[:256])
