"""Answers AWS clients: who calls, which operation, what it says, or the error in AWS's shape."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from dogwatch.model.errors import DogwatchError
from dogwatch.serve.aws.clusters import get_clusters
from dogwatch.serve.aws.configuration import get_configuration, update_configuration
from dogwatch.serve.aws.coverage import list_coverage
from dogwatch.serve.aws.coverage_statistics import list_coverage_statistics
from dogwatch.serve.aws.errors import aws_answer, plain_error
from dogwatch.serve.aws.findings import list_findings
from dogwatch.serve.aws.operations import OFFERED, SERVICE
from dogwatch.serve.aws.usage_totals import list_usage_totals
from dogwatch.serve.callers import CallerCheck
from dogwatch.serve.messages import Answer, Incoming
from dogwatch.serve.ports import CostViews, RegistryAdmin, RescanSettings, Views


class AwsApplication:
    """The inspector2 endpoint; `answer` may wait for the database, so it runs on a thread.

    `after_setting` is called when a change of windows was stored.
    """

    def __init__(
        self,
        callers: CallerCheck,
        views: Views,
        rescan: RescanSettings,
        registries: RegistryAdmin,
        costs: CostViews,
        after_setting: Callable[[], None],
    ) -> None:
        self._callers = callers
        self._views = views
        self._rescan = rescan
        self._registries = registries
        self._costs = costs
        self._after_setting = after_setting

    def answer(self, operation: str, incoming: Incoming, request_id: str) -> Answer:
        """Answer one call."""
        try:
            caller = self._callers.identify(incoming, SERVICE)
            if operation not in OFFERED:
                message = f"{operation} is not offered here yet; offered are {', '.join(OFFERED)}"
                return plain_error(400, "UnsupportedOperationException", message, request_id)
            if operation == "GetConfiguration":
                content = get_configuration(caller, incoming.body, self._rescan)
            elif operation == "UpdateConfiguration":
                content = {}
                if update_configuration(caller, incoming.body, self._rescan):
                    self._after_setting()
            elif operation == "ListCoverage":
                content = list_coverage(caller, incoming.body, self._views, self._registries)
            elif operation == "ListCoverageStatistics":
                content = list_coverage_statistics(caller, incoming.body, self._views, self._registries)
            elif operation == "GetClustersForImage":
                content = get_clusters(caller, incoming.body, self._views, self._registries)
            elif operation == "ListUsageTotals":
                content = list_usage_totals(caller, incoming.body, self._costs)
            else:
                content = list_findings(caller, incoming.body, self._views, self._registries)
        except DogwatchError as error:
            return aws_answer(error, request_id)
        return Answer(200, msgspec.json.encode(content), headers={"x-amzn-requestid": request_id})
