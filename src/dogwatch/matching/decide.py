"""The decision about one package and one affected range: the reference that every join must agree with.

Here: one pair. What several ranges come to is said in `resolve`. Called by tests of the join and by explanations.
"""

from __future__ import annotations

from dogwatch.model.advisories import AffectedRange, Naming
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
    if affected.naming.is_outright:
        return affected.stated_verdict if _is_named(package, affected) else None
    if not speaks_of(package, affected):
        return None
    if affected.exact_version:
        return affected.stated_verdict if affected.exact_version == package.match_version else None
    if why_undetermined(package, affected):
        return Verdict.UNDETERMINED
    low, key, high = affected.low, package.key, affected.high
    inside = low is not None and key is not None and high is not None and low <= key < high
    return affected.stated_verdict if inside else None


def speaks_of(package: KeyedPackage, affected: AffectedRange) -> bool:
    """Say whether a range that names no package outright is about this one, whatever its version.

    The name of what is installed counts only where both can be compared: what cannot is said of the source's name.
    """
    own = package.package
    if own.ecosystem != affected.ecosystem or affected.name not in (package.match_name, own.name):
        return False
    if affected.naming is Naming.MATCHED or affected.low is None or why_undetermined(package, affected):
        return affected.name == package.match_name
    return affected.name == own.name or affected.naming is Naming.EITHER


def _is_named(package: KeyedPackage, named: AffectedRange) -> bool:
    """Say whether a range that names packages outright names this one: by texts, and a source's version by its key too.

    An ecosystem without a release stands for all its releases.
    """
    own = package.package
    if own.ecosystem != named.ecosystem and not own.ecosystem.startswith(f"{named.ecosystem}:"):
        return False
    by_source = named.naming is Naming.SOURCE
    name, version = (package.match_name, package.match_version) if by_source else (own.name, own.version)
    has_key = (named.scheme, named.scheme_number) == (package.scheme, package.scheme_number) and named.low is not None
    is_version = named.exact_version in ("", version) or (by_source and has_key and named.low == package.key)
    return name == named.name and is_version and named.arch in ("", own.arch)


def why_undetermined(package: KeyedPackage, affected: AffectedRange) -> str:
    """Say why a package and a range of its name cannot be compared; empty where they can.

    The range's reason comes first, then the package's.
    """
    if affected.not_comparable:
        return affected.not_comparable
    if affected.exact_version or affected.naming.is_outright:
        return ""
    if package.key is None:
        return package.not_comparable
    if (package.scheme, package.scheme_number) != (affected.scheme, affected.scheme_number):
        return FOREIGN_KEYS
    return ""
