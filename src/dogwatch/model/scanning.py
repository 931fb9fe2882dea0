"""Which repositories of an account are scanned, and how often: ECR's scanning configuration of a registry."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dogwatch.model.monitoring import ScanFrequency, SettingStatus


class ScanType(StrEnum):
    """What stands behind a configuration. BASIC scans on push only, and nothing that no rule names."""

    BASIC = "BASIC"
    ENHANCED = "ENHANCED"


@dataclass(frozen=True, slots=True)
class ScanningRule:
    """Repositories, by filters of which one has to match, and how often they are scanned."""

    frequency: ScanFrequency
    filters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScanningConfiguration:
    """An account's rules, two at most. ENHANCED without rules, which is the default, scans everything continuously.

    `status` is how far the newest change has come; FAILED ones leave the rules as they were.
    """

    scan_type: ScanType = ScanType.ENHANCED
    rules: tuple[ScanningRule, ...] = ()
    status: SettingStatus = SettingStatus.SUCCESS
