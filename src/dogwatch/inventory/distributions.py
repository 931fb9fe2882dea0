"""From os-release to the OSV ecosystem string of the distribution's packages, and to what is not known about it.

Whether a feed was imported is not known here; `JUDGED` says for which families this version has one at all. How each
distribution writes its releases stands in `releases`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dogwatch.inventory.evidence import OsRelease
from dogwatch.inventory.releases import DISTRIBUTIONS, KnownDistribution, number_of
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import Distribution

JUDGED: Final = frozenset(
    {
        *("Debian", "Ubuntu", "Echo"),
        *("Alpine", "Wolfi", "Chainguard", "MinimOS", "Alpaquita", "BellSoft Hardened Containers", "CleanStart"),
        *("Red Hat", "AlmaLinux", "Rocky Linux", "Oracle Linux", "Amazon Linux", "Fedora"),
        *("SUSE", "openSUSE"),
        *("Photon OS", "Azure Linux", "openEuler", "Mageia"),
    }
)
"""Families whose packages this version can judge: a feed names their packages, versions and releases as images do, or
is read so that it does."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What os-release tells: the distribution, the ecosystem of its packages, and the gaps that follow.

    `ecosystem` is empty where nothing is known at all. `database` is the kind that the distribution's packages stand in
    (apk, dpkg, rpm), empty where that is not known; `vendors` how the names begin by which it signs its own rpms.
    """

    distribution: Distribution | None
    ecosystem: str
    gaps: tuple[Gap, ...]
    database: str = ""
    vendors: tuple[str, ...] = ()


def judge_release(release: OsRelease, path: str) -> Judgement:
    """Return the distribution and ecosystem of an os-release file.

    Args:
        release: its fields.
        path: where it was found, for gaps.

    Source:
        OSV schema 1.7, defined ecosystems; os-release(5); the ecosystem strings of the records of each distribution.
    """
    known = DISTRIBUTIONS.get(release.id)
    database, vendors = (known.database, known.vendors) if known is not None else ("", ())
    family, ecosystem = _told_by(known, release) if known is not None else _own_name(release)
    shown = release.pretty_name or release.name or release.id
    if not ecosystem:
        gap = Gap(GapKind.RELEASE_UNKNOWN, path, f"no release number: {shown or 'neither ID nor NAME'}")
        distribution = Distribution(release.id or release.name, release.version_id, shown, "") if shown else None
        return Judgement(distribution, family, (gap,), database, vendors)
    is_judged = family in JUDGED
    gap = Gap(GapKind.DISTRIBUTION_UNSUPPORTED, path, f"{shown} ({ecosystem})")
    distribution = Distribution(release.id, release.version_id, shown, ecosystem if is_judged else "")
    return Judgement(distribution, ecosystem, () if is_judged else (gap,), database, vendors)


def _told_by(known: KnownDistribution, release: OsRelease) -> tuple[str, str]:
    """Return the family and the full ecosystem string; the latter is empty if the release is not told."""
    number = known.release_of(release)
    if number is None:
        return known.family, ""
    return known.family, f"{known.family}:{number}" if number else known.family


def _own_name(release: OsRelease) -> tuple[str, str]:
    """Return what keeps the packages of any other distribution apart: its own name, with its release."""
    if not release.id:
        return "", ""
    own = number_of(OsRelease("", release.id)) or "unnamed"
    number = number_of(release)
    return own, f"{own}:{number}" if number else own
