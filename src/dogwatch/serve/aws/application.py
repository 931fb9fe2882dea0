"""Answers AWS clients: who calls, which operation, what it says, or the error in AWS's shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from dogwatch.model.errors import DogwatchError
from dogwatch.serve.aws.accounts import batch_get_account_status, disable, enable
from dogwatch.serve.aws.clusters import get_clusters
from dogwatch.serve.aws.configuration import get_configuration, update_configuration
from dogwatch.serve.aws.coverage import list_coverage
from dogwatch.serve.aws.coverage_statistics import list_coverage_statistics
from dogwatch.serve.aws.errors import aws_answer, plain_error
from dogwatch.serve.aws.finding_details import batch_get_finding_details
from dogwatch.serve.aws.findings import list_findings
from dogwatch.serve.aws.operations import OFFERED, SERVICE
from dogwatch.serve.aws.usage_totals import list_usage_totals
from dogwatch.serve.callers import Caller, CallerCheck
from dogwatch.serve.messages import Answer, Incoming
from dogwatch.serve.served import Rooms

_Operation = Callable[[Caller, bytes, Rooms], dict[str, Any]]


def _update_configuration(caller: Caller, body: bytes, rooms: Rooms) -> dict[str, Any]:
    if update_configuration(caller, body, rooms.rescan):
        rooms.after_setting()
    return {}


def _enable(caller: Caller, body: bytes, rooms: Rooms) -> dict[str, Any]:
    content = enable(caller, body, rooms.accounts)
    rooms.after_setting()
    return content


def _disable(caller: Caller, body: bytes, rooms: Rooms) -> dict[str, Any]:
    content = disable(caller, body, rooms.accounts)
    rooms.after_setting()
    return content


_ANSWERS: Mapping[str, _Operation] = MappingProxyType(
    {
        "GetConfiguration": lambda caller, body, rooms: get_configuration(caller, body, rooms.rescan),
        "UpdateConfiguration": _update_configuration,
        "Enable": _enable,
        "Disable": _disable,
        "BatchGetAccountStatus": lambda caller, body, rooms: batch_get_account_status(caller, body, rooms.accounts),
        "ListCoverage": lambda caller, body, rooms: list_coverage(caller, body, rooms.views, rooms.registries),
        "ListCoverageStatistics": lambda caller, body, rooms: list_coverage_statistics(
            caller, body, rooms.views, rooms.registries
        ),
        "ListFindings": lambda caller, body, rooms: list_findings(caller, body, rooms.views, rooms.registries),
        "BatchGetFindingDetails": lambda caller, body, rooms: batch_get_finding_details(
            caller, body, rooms.views, rooms.registries
        ),
        "ListUsageTotals": lambda caller, body, rooms: list_usage_totals(caller, body, rooms.costs),
        "GetClustersForImage": lambda caller, body, rooms: get_clusters(caller, body, rooms.views, rooms.registries),
    }
)
"""What answers each of the operations that are offered."""


class AwsApplication:
    """The inspector2 endpoint; `answer` may wait for the database, so it runs on a thread."""

    def __init__(self, callers: CallerCheck, rooms: Rooms) -> None:
        self._callers = callers
        self._rooms = rooms

    def answer(self, operation: str, incoming: Incoming, request_id: str) -> Answer:
        """Answer one call."""
        try:
            caller = self._callers.identify(incoming, SERVICE)
            if operation not in OFFERED:
                message = f"{operation} is not offered here yet; offered are {', '.join(OFFERED)}"
                return plain_error(400, "UnsupportedOperationException", message, request_id)
            content = _ANSWERS[operation](caller, incoming.body, self._rooms)
        except DogwatchError as error:
            return aws_answer(error, request_id)
        return Answer(200, msgspec.json.encode(content), headers={"x-amzn-requestid": request_id})
