"""ListCoverageStatistics: how many there are of what ListCoverage lists, and how many of each kind.

A group is told by its value (`SUCCESSFUL`, a repository's name), as AWS does, although the model has the name of the
property there (`SCAN_STATUS_REASON`).

Source:
    AWS CLI command reference, inspector2 list-coverage-statistics, examples 1 to 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from dogwatch.model.coverage import CoverageGroups, CoverageProperty
from dogwatch.model.views import ImageQuery
from dogwatch.serve.aws.coverage import FILTERS
from dogwatch.serve.aws.names import Names, load_names
from dogwatch.serve.aws.wire import decode
from dogwatch.serve.callers import Caller
from dogwatch.serve.ports import RegistryAdmin, Views

_GROUPS = 5
"""Groups of one page: the model's own limit."""

_PROPERTIES: Mapping[str, CoverageProperty] = {
    "SCAN_STATUS_CODE": CoverageProperty.STATUS_CODE,
    "SCAN_STATUS_REASON": CoverageProperty.STATUS_REASON,
    "ECR_REPOSITORY_NAME": CoverageProperty.PLACE,
    "PROVIDER_REGION": CoverageProperty.REGION,
}
_CONSTANTS: Mapping[str, str] = {
    "ACCOUNT_ID": "accountId",
    "PROVIDER_ACCOUNT_ID": "cloudProviderAccountId",
    "PROVIDER": "cloudProvider",
    "RESOURCE_TYPE": "resourceType",
}
"""Properties that have one value for everything here; each by its name among the filters."""


class _ListStatistics(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    filter_criteria: dict[str, msgspec.Raw] = {}
    group_by: (
        Literal[
            "SCAN_STATUS_CODE",
            "SCAN_STATUS_REASON",
            "ACCOUNT_ID",
            "RESOURCE_TYPE",
            "ECR_REPOSITORY_NAME",
            "PROVIDER",
            "PROVIDER_ACCOUNT_ID",
            "PROVIDER_REGION",
            "PROVIDER_ORG_ID",
        ]
        | None
    ) = None
    next_token: Annotated[str, msgspec.Meta(max_length=1_000_000)] = ""


def list_coverage_statistics(caller: Caller, body: bytes, views: Views, registries: RegistryAdmin) -> dict[str, Any]:
    """Answer ListCoverageStatistics.

    Raises:
        InvalidRequestError: a filter, group or token that the model does not have.
    """
    wanted = decode(body, _ListStatistics)
    names = load_names(caller.account_id, registries, views)
    question = FILTERS.ask(wanted.filter_criteria, names)
    if question.is_impossible:
        return {"totalCounts": 0}
    query = ImageQuery(
        caller.account_id,
        texts=question.texts,
        times=question.times,
        numbers=question.numbers,
        limit=_GROUPS,
        after=wanted.next_token,
    )
    by = wanted.group_by or ""
    found = views.group_coverage(query, _PROPERTIES.get(by, CoverageProperty.STATUS_CODE))
    counts = {"totalCounts": found.total}
    groups = [{"groupKey": value, "count": count} for value, count in _groups(by, found, names) if value and count]
    more = by in _PROPERTIES and found.next
    return {**counts, **({"countsByGroup": groups} if groups else {}), **({"nextToken": found.next} if more else {})}


def _groups(by: str, found: CoverageGroups, names: Names) -> list[tuple[str, int]]:
    """Return the groups by the values that clients see; none for a property that nothing here has."""
    if by in _CONSTANTS:
        return [(FILTERS.constants[_CONSTANTS[by]](names.account_id), found.total)]
    if by not in _PROPERTIES:
        return []
    if _PROPERTIES[by] is CoverageProperty.PLACE:
        return [(_repository(place, names), count) for place, count in found.rows]
    return list(found.rows)


def _repository(place: str, names: Names) -> str:
    alias, _, name = place.partition("/")
    return names.repository(alias, name)
