"""Outer rooms that few tests ask for: those that know nothing, and those that keep one thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from dogwatch.model.accounts import AccountState, AccountStatus
from dogwatch.model.costs import AccountScans, Costs, PriceTable, Scans
from dogwatch.model.errors import NotFoundError
from dogwatch.model.exclusions import Exclusion, ExclusionKind
from dogwatch.model.monitoring import SettingStatus
from dogwatch.model.operator_documents import DocumentDetails, DocumentView, SuppliedDocument
from dogwatch.model.scanning import ScanningConfiguration
from dogwatch.model.usage import UsageOutcome, UsageReport
from dogwatch.windows.scanning import check_scanning
from tests.serve.callers import ACCOUNT
from tests.serve.shown import NOW


@dataclass(frozen=True)
class Check:
    """One thing tried against a registry."""

    name: str
    url: str
    passed: bool
    status: int | None
    detail: str


CHECK = Check("registry answers", "https://registry.example/v2/", False, None, "connection refused")


class NoUsage:
    """Knows none of the images that are reported."""

    def report(self, account_id: str, report: UsageReport) -> UsageOutcome:
        return UsageOutcome(0, len(report.seen), tuple(one.text for one in report.seen), 0)


class NoDocuments:
    """There are no documents of the operator's."""

    def list(self) -> tuple[DocumentView, ...]:
        return ()

    def show(self, key: str) -> DocumentDetails:
        raise NotFoundError("document", key)

    def add(self, content: bytes, file: str, by: str) -> SuppliedDocument:
        raise NotImplementedError

    def remove(self, key: str) -> DocumentView:
        raise NotFoundError("document", key)


class NoExclusions:
    """A list that is empty and stays so."""

    def list(self, account_id: str) -> tuple[Exclusion, ...]:
        return ()

    def add(self, account_id: str, kind: ExclusionKind, pattern: str, reason: str, by: str) -> Exclusion:
        raise NotImplementedError

    def remove(self, account_id: str, exclusion_id: int, by: str) -> None:
        raise NotFoundError("exclusion", str(exclusion_id))


@dataclass
class CostRoom:
    """Costs as tests set them; `recent` are accounts' scans of the last 30 days."""

    kept: Costs = field(default_factory=lambda: Costs(PriceTable(), NOW, 0, ()))
    recent: dict[str, Scans] = field(default_factory=lambda: {ACCOUNT: Scans(12, 345)})

    @property
    def prices(self) -> PriceTable:
        return self.kept.prices

    def load(self, account_id: str) -> Costs:
        return self.kept if account_id == ACCOUNT else replace(self.kept, months=())

    def load_recent(self, account_ids: Sequence[str]) -> tuple[AccountScans, ...]:
        return tuple(AccountScans(one, self.recent[one]) for one in sorted(set(account_ids)) if one in self.recent)


@dataclass
class ScanningRoom:
    """A scanning configuration, checked and kept."""

    kept: ScanningConfiguration = field(default_factory=ScanningConfiguration)

    def load(self, account_id: str) -> ScanningConfiguration:
        return self.kept

    def change(self, account_id: str, wanted: ScanningConfiguration) -> ScanningConfiguration:
        check_scanning(wanted)
        self.kept = replace(wanted, status=SettingStatus.PENDING)
        return self.kept


@dataclass
class AccountsRoom:
    """Accounts by id; what is asked for waits until a test applies it."""

    known: dict[str, AccountStatus] = field(
        default_factory=lambda: {ACCOUNT: AccountStatus(ACCOUNT, AccountState.ENABLED)}
    )

    def status(self, account_id: str) -> AccountStatus:
        if account_id not in self.known:
            raise NotFoundError("account", account_id)
        return self.known[account_id]

    def switch(self, account_id: str, *, is_on: bool) -> AccountStatus:
        state = AccountState.ENABLING if is_on else AccountState.DISABLING
        self.known[account_id] = replace(self.status(account_id), state=state, changed_at=NOW)
        return self.known[account_id]

    def apply(self) -> None:
        for account_id, one in self.known.items():
            is_on = one.state in (AccountState.ENABLING, AccountState.ENABLED)
            state = AccountState.ENABLED if is_on else AccountState.DISABLED
            self.known[account_id] = replace(one, state=state)
