"""The decision about one package and one affected range: the reference that every join must agree with.

Here: one pair. What several ranges come to is said in `resolve`. Called by tests of the join and by explanations.
"""

from __future__ import annotations

from dogwatch.model.advisories import AffectedRange
from dogwatch.model.packages import KeyedPackage
from dogwatch.model.verdicts import Verdict

FOREIGN_KEYS = "version keys of package and affected range were made by different rules"


def decide(package: KeyedPackage, affected: AffectedRange) -> Verdict | None:
    """Say what one affected range means for one package.

    Args:
        package: the package with its key.
        affected: the range; names of both are normalised.

    Returns:
        None where the range says nothing about the package: another package, or a version outside. Otherwise what the
        range states for the versions inside (affected, or not affected where the source says so outright), or
        undetermined where both sides are known and cannot be compared.
    """
    if package.package.ecosystem != affected.ecosystem or package.match_name != affected.name:
        return None
    if affected.exact_version:
        return affected.stated_verdict if affected.exact_version == package.match_version else None
    if why_undetermined(package, affected):
        return Verdict.UNDETERMINED
    low, key, high = affected.low, package.key, affected.high
    inside = low is not None and key is not None and high is not None and low <= key < high
    return affected.stated_verdict if inside else None


def why_undetermined(package: KeyedPackage, affected: AffectedRange) -> str:
    """Say why a package and a range of its name cannot be compared; empty where they can.

    The range's reason comes first, then the package's.
    """
    if affected.not_comparable:
        return affected.not_comparable
    if affected.exact_version:
        return ""
    if package.key is None:
        return package.not_comparable
    if (package.scheme, package.scheme_number) != (affected.scheme, affected.scheme_number):
        return FOREIGN_KEYS
    return ""
