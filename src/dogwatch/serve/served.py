"""Everything that the web server works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

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
class Rooms:
    """What answers callers, whichever way they come in: the APIs and the page.

    `after_setting` is called when a change was stored that a job applies; it and `request_audit` queue work and run on
    a thread.
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
    after_setting: Callable[[], None]
    request_audit: Callable[[], None]
    work: Work


@dataclass(frozen=True, slots=True)
class Served:
    """Everything that `serve` works with.

    `after_notice` queues work for many notices at once, on a thread. `machine_now` is the machine's present, which
    signatures are compared with. `account_id` is the account of callers who need no credentials, where `open_loopback`
    allows that.
    """

    rooms: Rooms
    health: Health
    hook_secrets: HookSecrets
    notices: NoticeSink
    credentials: Credentials
    machine_now: Callable[[], datetime]
    after_notice: Callable[[], None]
    open_loopback: bool
    account_id: str
    version: str
