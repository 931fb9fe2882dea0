"""Everything that the web server works with, and each way in with its part of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import FastAPI

from dogwatch.serve.api import application as api
from dogwatch.serve.api.asked import Rooms
from dogwatch.serve.aws.application import AwsApplication, InspectorRooms
from dogwatch.serve.aws.doors import AwsDoors
from dogwatch.serve.aws.ecr.application import EcrApplication
from dogwatch.serve.aws.ecr.asked import EcrRooms
from dogwatch.serve.callers import CallerCheck
from dogwatch.serve.page.application import PageApplication
from dogwatch.serve.ports import (
    AccountSwitches,
    CostViews,
    Credentials,
    Exclusions,
    Health,
    HookSecrets,
    ImageDeeds,
    Lifecycle,
    NoticeSink,
    OperatorDocuments,
    RegistryAdmin,
    RescanSettings,
    Scanning,
    Usage,
    Views,
    Work,
)


@dataclass(frozen=True, slots=True)
class Served:
    """Everything that `serve` works with.

    The `after_…` and `request_audit` queue work; they run on a thread, `after_notice` for many notices at once.
    `machine_now` is the machine's present, which signatures are compared with. `account_id` is the account of callers
    who need no credentials, where `open_loopback` allows that.
    """

    views: Views
    rescan: RescanSettings
    lifecycle: Lifecycle
    deeds: ImageDeeds
    exclusions: Exclusions
    scanning: Scanning
    accounts: AccountSwitches
    usage: Usage
    costs: CostViews
    documents: OperatorDocuments
    registries: RegistryAdmin
    health: Health
    hook_secrets: HookSecrets
    notices: NoticeSink
    credentials: Credentials
    machine_now: Callable[[], datetime]
    after_notice: Callable[[], None]
    after_setting: Callable[[], None]
    request_audit: Callable[[], None]
    work: Work
    open_loopback: bool
    account_id: str
    version: str


def make_aws(callers: CallerCheck, served: Served) -> AwsDoors:
    """Return the APIs that AWS clients speak."""
    inspector = InspectorRooms(
        served.views, served.rescan, served.registries, served.accounts, served.costs, served.after_setting
    )
    ecr = EcrRooms(
        served.views,
        served.registries,
        served.lifecycle,
        served.scanning,
        served.exclusions,
        served.after_setting,
    )
    return AwsDoors(AwsApplication(callers, inspector), EcrApplication(callers, ecr))


def make_api(callers: CallerCheck, served: Served) -> FastAPI:
    """Return the JSON API."""
    rooms = Rooms(
        callers,
        served.views,
        served.rescan,
        served.lifecycle,
        served.deeds,
        served.exclusions,
        served.scanning,
        served.accounts,
        served.usage,
        served.costs,
        served.documents,
        served.registries,
        served.after_setting,
        served.request_audit,
        served.work,
    )
    return api.make_api(rooms, served.version)


def make_page(callers: CallerCheck, served: Served) -> PageApplication:
    """Return the page for browsers."""
    return PageApplication(
        callers,
        served.views,
        served.accounts,
        served.costs,
        served.rescan,
        served.scanning,
        served.version,
    )
