"""From os-release to the OSV ecosystem string of the distribution's packages, and to what is not known about it.

Whether a feed was imported is not known here; `JUDGED` says for which families this version has one at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from dogwatch.inventory.evidence import OsRelease
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import Distribution

# Families whose packages this version can judge.
JUDGED: Final = frozenset({"Debian"})
# The ecosystem of dpkg packages whose distribution is not known: no advisory speaks for it.
UNKNOWN_ECOSYSTEM: Final = "dpkg"

_RELEASE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}")
_NUMBERED = re.compile(r"\d+(?:\.\d+)*")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What os-release tells: the distribution, the ecosystem of its packages, and the gaps that follow."""

    distribution: Distribution | None
    ecosystem: str
    gaps: tuple[Gap, ...]


def judge_release(release: OsRelease, path: str) -> Judgement:
    """Return the distribution and ecosystem of an os-release file.

    Args:
        release: its fields.
        path: where it was found, for gaps.

    Source:
        OSV schema 1.7, defined ecosystems; os-release(5); the ecosystem strings of the records of each distribution.
    """
    family, ecosystem = _ecosystem_of(release)
    shown = release.pretty_name or release.name or release.id
    if not ecosystem:
        gap = Gap(GapKind.RELEASE_UNKNOWN, path, f"no release number: {shown or 'neither ID nor NAME'}")
        distribution = Distribution(release.id or release.name, release.version_id, shown, "") if shown else None
        return Judgement(distribution, family or UNKNOWN_ECOSYSTEM, (gap,))
    if family not in JUDGED:
        gap = Gap(GapKind.DISTRIBUTION_UNSUPPORTED, path, f"{shown} ({ecosystem})")
        return Judgement(Distribution(release.id or release.name, release.version_id, shown, ""), ecosystem, (gap,))
    return Judgement(Distribution(release.id or release.name, release.version_id, shown, ecosystem), ecosystem, ())


def _ecosystem_of(release: OsRelease) -> tuple[str, str]:
    """Return the family and the full ecosystem string; the latter is empty if the release is not told."""
    number = release.version_id if _RELEASE.fullmatch(release.version_id) else ""
    major = number.partition(".")[0]
    match release.id:
        case "debian":
            return "Debian", f"Debian:{number}" if _NUMBERED.fullmatch(number) else ""
        case "ubuntu":
            return "Ubuntu", _ubuntu(number)
        case "alpine":
            return "Alpine", _alpine(number)
        case "wolfi" | "chainguard":
            name = release.id.capitalize()
            return name, name
        case "rocky":
            return "Rocky Linux", f"Rocky Linux:{major}" if major else ""
        case "almalinux":
            return "AlmaLinux", f"AlmaLinux:{major}" if major else ""
        case "mageia":
            return "Mageia", f"Mageia:{major}" if major else ""
        case "azurelinux":
            return "Azure Linux", f"Azure Linux:{major}" if major else ""
        case "photon":
            return "Photon OS", f"Photon OS:{number}" if number else ""
        case "":
            return "", ""
        case other:
            # No ecosystem of OSV: its own name keeps its packages apart from those of every other distribution.
            own = other if _RELEASE.fullmatch(other) else "unnamed"
            return own, f"{own}:{number}" if number else own


def _ubuntu(number: str) -> str:
    parts = re.fullmatch(r"(\d\d)\.(04|10)", number)
    if parts is None:
        return ""
    is_long_term = int(parts[1]) % 2 == 0 and parts[2] == "04"
    return f"Ubuntu:{number}:LTS" if is_long_term else f"Ubuntu:{number}"


def _alpine(number: str) -> str:
    parts = re.match(r"(\d+\.\d+)(.*)", number)
    if parts is None:
        return ""
    return "Alpine:edge" if "alpha" in parts[2] else f"Alpine:v{parts[1]}"
