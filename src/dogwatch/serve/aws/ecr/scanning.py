"""The registry's scanning configuration, as ecr's clients set and read it. A `registryId` is an account's id.

Source:
    ecr service model 2015-09-21: the three operations on scanning configurations.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from dogwatch.model.errors import NotFoundError
from dogwatch.model.monitoring import ScanFrequency
from dogwatch.model.scanning import ScanningConfiguration, ScanningRule, ScanType
from dogwatch.serve.aws.ecr.asked import EcrAsked
from dogwatch.serve.aws.ecr.repositories import find_repository
from dogwatch.serve.aws.wire import decode
from dogwatch.serve.ports import Role
from dogwatch.windows.scanning import frequency_of

_NAMES = 25
"""Repositories that one request of BatchGetRepositoryScanningConfiguration may name: the model's own limit."""


class _Filter(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    filter: str
    filter_type: Literal["WILDCARD"]


class _Rule(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    scan_frequency: ScanFrequency
    repository_filters: list[_Filter]


class _Put(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    scan_type: ScanType | None = None
    rules: list[_Rule] | None = None


class _Get(msgspec.Struct, forbid_unknown_fields=True):
    pass


class _BatchGet(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    repository_names: Annotated[list[str], msgspec.Meta(min_length=1, max_length=_NAMES)]


def put_registry_scanning_configuration(asked: EcrAsked) -> dict[str, Any]:
    """Answer PutRegistryScanningConfiguration; without a scan type it is BASIC, as the model says.

    Raises:
        ForbiddenError: a caller who only reads.
        InvalidRequestError: what ECR would refuse.
    """
    wanted = decode(asked.body, _Put)
    asked.caller.require(Role.ADMIN, "PutRegistryScanningConfiguration")
    rules = tuple(
        ScanningRule(rule.scan_frequency, tuple(one.filter for one in rule.repository_filters))
        for rule in wanted.rules or ()
    )
    configuration = ScanningConfiguration(wanted.scan_type or ScanType.BASIC, rules)
    kept = asked.rooms.scanning.change(asked.caller.account_id, configuration)
    asked.rooms.after_setting()
    return {"registryScanningConfiguration": _shape(kept)}


def get_registry_scanning_configuration(asked: EcrAsked) -> dict[str, Any]:
    """Answer GetRegistryScanningConfiguration."""
    decode(asked.body, _Get)
    account_id = asked.caller.account_id
    return {"registryId": account_id, "scanningConfiguration": _shape(asked.rooms.scanning.load(account_id))}


def batch_get_repository_scanning_configuration(asked: EcrAsked) -> dict[str, Any]:
    """Answer BatchGetRepositoryScanningConfiguration; a repository that is not there is a failure among the others."""
    names = decode(asked.body, _BatchGet).repository_names
    configuration = asked.rooms.scanning.load(asked.caller.account_id)
    regions = {one.alias: one.region for one in asked.rooms.registries.list(asked.caller.account_id)}
    found, failures = [], []
    for name in names:
        try:
            place = find_repository(asked, name)
        except NotFoundError as error:
            failure = {"failureCode": "REPOSITORY_NOT_FOUND", "failureReason": error.message}
            failures.append({"repositoryName": name, **failure})
            continue
        frequency, applied = frequency_of(configuration, place.repository)
        owner = f"{regions[place.alias]}:{asked.caller.account_id}"
        found.append(
            {
                "repositoryArn": f"arn:aws:ecr:{owner}:repository/{name}",
                "repositoryName": name,
                "scanOnPush": frequency is not ScanFrequency.MANUAL,
                "scanFrequency": str(frequency),
                "appliedScanFilters": _filters(applied),
            }
        )
    return {"scanningConfigurations": found, "failures": failures}


def _shape(one: ScanningConfiguration) -> dict[str, Any]:
    rules = [{"scanFrequency": str(rule.frequency), "repositoryFilters": _filters(rule.filters)} for rule in one.rules]
    return {"scanType": str(one.scan_type), "rules": rules}


def _filters(texts: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"filter": text, "filterType": "WILDCARD"} for text in texts]
