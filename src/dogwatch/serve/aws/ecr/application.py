"""Answers ecr's clients: who calls, which operation, what it says, or the error in ecr's shape.

A new operation is a function from `EcrAsked` to the members of its reply, and one entry in `OFFERED`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from dogwatch.model.errors import DogwatchError
from dogwatch.serve.aws.ecr.asked import EcrAsked
from dogwatch.serve.aws.ecr.errors import CONTENT_TYPE, ecr_answer, plain_error, server_error
from dogwatch.serve.aws.ecr.exclusions import (
    deregister_pull_time_update_exclusion,
    list_pull_time_update_exclusions,
    register_pull_time_update_exclusion,
)
from dogwatch.serve.aws.ecr.images import describe_images
from dogwatch.serve.aws.ecr.lifecycle import (
    delete_lifecycle_policy,
    get_lifecycle_policy,
    get_lifecycle_policy_preview,
    put_lifecycle_policy,
    start_lifecycle_policy_preview,
)
from dogwatch.serve.aws.ecr.operations import OPERATIONS, SERVICE
from dogwatch.serve.aws.ecr.scanning import (
    batch_get_repository_scanning_configuration,
    get_registry_scanning_configuration,
    put_registry_scanning_configuration,
)
from dogwatch.serve.callers import CallerCheck
from dogwatch.serve.messages import Answer, Incoming
from dogwatch.serve.served import Rooms

Operation = Callable[[EcrAsked], Mapping[str, Any]]

OFFERED: Mapping[str, Operation] = MappingProxyType(
    {
        "BatchGetRepositoryScanningConfiguration": batch_get_repository_scanning_configuration,
        "DeleteLifecyclePolicy": delete_lifecycle_policy,
        "DeregisterPullTimeUpdateExclusion": deregister_pull_time_update_exclusion,
        "DescribeImages": describe_images,
        "GetLifecyclePolicy": get_lifecycle_policy,
        "GetLifecyclePolicyPreview": get_lifecycle_policy_preview,
        "GetRegistryScanningConfiguration": get_registry_scanning_configuration,
        "ListPullTimeUpdateExclusions": list_pull_time_update_exclusions,
        "PutLifecyclePolicy": put_lifecycle_policy,
        "PutRegistryScanningConfiguration": put_registry_scanning_configuration,
        "RegisterPullTimeUpdateExclusion": register_pull_time_update_exclusion,
        "StartLifecyclePolicyPreview": start_lifecycle_policy_preview,
    }
)
"""The operations that are offered here."""


class EcrApplication:
    """The ecr endpoint; `answer` may wait for the database, so it runs on a thread."""

    def __init__(self, callers: CallerCheck, rooms: Rooms) -> None:
        self._callers = callers
        self._rooms = rooms

    def answer(self, operation: str, incoming: Incoming, request_id: str) -> Answer:
        """Answer one call."""
        try:
            caller = self._callers.identify(incoming, SERVICE)
            if operation not in OPERATIONS:
                return plain_error("UnknownOperationException", f"ecr has no {operation[:100]!r}", request_id)
            if operation not in OFFERED:
                message = f"{operation} is not offered here yet; offered are {', '.join(sorted(OFFERED))}"
                return plain_error("UnsupportedOperationException", message, request_id)
            content = OFFERED[operation](EcrAsked(caller, incoming.body, self._rooms))
        except DogwatchError as error:
            return ecr_answer(error, request_id)
        return Answer(200, msgspec.json.encode(content), CONTENT_TYPE, {"x-amzn-requestid": request_id})

    def fail(self, request_id: str) -> Answer:
        """Return what clients get when the request broke."""
        return server_error(request_id)
