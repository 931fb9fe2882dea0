"""The affected packages of an advisory become affected ranges, the unit that matching joins on.

Here: entries, listed versions and outright states; the events of one range are walked in `intervals`. Called when an
advisory is journalled. Whether an advisory is withdrawn depends on the time, so the caller decides that.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from dogwatch.matching.aliases import is_notice, names_of_vulnerabilities
from dogwatch.matching.intervals import Interval, find_intervals
from dogwatch.model.advisories import (
    Advisory,
    AffectedPackage,
    AffectedRange,
    FixState,
    Naming,
    RangeEventKind,
    SeverityFact,
    StatedRange,
)
from dogwatch.model.verdicts import Verdict
from dogwatch.versions import (
    HIGHEST,
    LOWEST,
    NotComparable,
    VersionScheme,
    family_of,
    normalise_name,
    scheme_of,
    successor,
)

NO_VERSIONS = "advisory names no versions of the package"
FOREIGN_SCHEME = "affected range is ordered otherwise than its ecosystem"
UNKNOWN_TYPE = "affected range is of a type that is not known"
EMPTY_LISTED = "advisory lists an empty version"
UNREAD = "what the advisory says of the package cannot be read"

_STATED_NOT_AFFECTED = "not affected"
_STATED_FIX_STATES = {
    "will not fix": FixState.WILL_NOT_FIX,
    "deferred": FixState.DEFERRED,
    "end of life": FixState.END_OF_LIFE,
}
_STATES = frozenset({_STATED_NOT_AFFECTED, *_STATED_FIX_STATES})
_NAMED_STATES = {
    "affected": (Verdict.AFFECTED, FixState.UNKNOWN),
    _STATED_NOT_AFFECTED: (Verdict.NOT_AFFECTED, FixState.UNKNOWN),
    "fixed": (Verdict.NOT_AFFECTED, FixState.FIXED),
    "under investigation": (Verdict.UNDETERMINED, FixState.UNKNOWN),
    "will not fix": (Verdict.AFFECTED, FixState.WILL_NOT_FIX),
}
"""What an operator says of packages."""
_WHOLE_STATES = frozenset(_NAMED_STATES) - frozenset(_STATED_FIX_STATES)
"""Beside these words, where a range ends says nothing of a fix."""
_ZERO_IS_NEVER = frozenset({"Alpine", "Chainguard", "Debian", "Wolfi"})
"""Here a fix in version "0" is a mark: this release was never affected."""


def key_affected_ranges(advisory: Advisory) -> tuple[AffectedRange, ...]:
    """Return everything an advisory says about packages, keyed, each statement once, in the order of the document.

    A notice of bugs or features (`aliases.is_notice`) says of no package that it is affected. How severe an advisory is
    that is about several vulnerabilities says of none of them how severe it is alone.
    """
    if is_notice(advisory):
        return ()
    ranges = (keyed for affected in advisory.affected for keyed in key_affected_package(affected, advisory.severity))
    if len(names_of_vulnerabilities(advisory)) > 1:
        ranges = (replace(one, severity=tuple(fact.of_several() for fact in one.severity)) for one in ranges)
    return tuple(dict.fromkeys(ranges))


def key_affected_package(
    affected: AffectedPackage, advisory_severity: tuple[SeverityFact, ...] = ()
) -> tuple[AffectedRange, ...]:
    """Return what one `affected` entry says about its package.

    A version is affected if it lies in any of the intervals or equals a listed version; listed versions that an
    interval covers are left out. What cannot be keyed stays in the result as a range that is not comparable, with the
    reason.

    Args:
        affected: the entry.
        advisory_severity: the advisory's severity, used where the entry has none of its own.

    Returns:
        The ranges. An entry that names no versions at all is "not comparable", not silence; nothing is returned only
        where every interval that the entry names is empty.

    Source:
        OSV schema 1.7.3, section affected; Debian security tracker and Alpine secdb for the fixed version "0".
    """
    scheme = scheme_of(affected.ecosystem)
    blank = AffectedRange(
        ecosystem=affected.ecosystem,
        name=normalise_name(affected.ecosystem, affected.name),
        scheme=scheme.name if scheme else "",
        scheme_number=scheme.number if scheme else 0,
        low=None,
        high=None,
        fix_state=_STATED_FIX_STATES.get(affected.state, FixState.UNKNOWN),
        stated_verdict=Verdict.NOT_AFFECTED if affected.state == _STATED_NOT_AFFECTED else Verdict.AFFECTED,
        severity=affected.severity or advisory_severity,
        naming=affected.naming,
    )
    if affected.problem:
        return (replace(blank, not_comparable=f"{UNREAD}: {affected.problem}"),)
    if affected.naming.is_outright:
        return tuple(_key_named(blank, scheme, affected))
    if not affected.ranges and not affected.versions:
        if affected.state in _STATES:
            return (replace(blank, low=LOWEST, high=HIGHEST),)
        return (replace(blank, not_comparable=NO_VERSIONS),)
    keyed = [found for stated in affected.ranges for found in _key_range(blank, scheme, stated)]
    covered = _merge(keyed, blank.stated_verdict)
    keyed.extend(_key_listed(blank, scheme, affected.versions, covered))
    if affected.state in _WHOLE_STATES:
        verdict, fix_state = _NAMED_STATES[affected.state]
        keyed = [replace(found, stated_verdict=verdict, fix_state=fix_state) for found in keyed]
    return tuple(keyed)


def verdict_of_state(state: str) -> Verdict:
    """Return what is said of a package that is named outright, by the word of its state."""
    return _NAMED_STATES[state][0]


def _key_named(
    blank: AffectedRange, scheme: VersionScheme | None, affected: AffectedPackage
) -> Iterator[AffectedRange]:
    """Key what is said of a package that is named outright: of each version, or of all at once."""
    verdict, fix_state = _NAMED_STATES[affected.state]
    named = replace(blank, arch=affected.arch, stated_verdict=verdict, fix_state=fix_state)
    for version in affected.versions or ("",):
        is_keyed = scheme is not None and version and affected.naming is Naming.SOURCE
        yield replace(named, exact_version=version, low=scheme.sort_key(version) if scheme and is_keyed else None)


def _key_range(blank: AffectedRange, scheme: VersionScheme | None, stated: StatedRange) -> Iterator[AffectedRange]:
    if family_of(blank.ecosystem) in _ZERO_IS_NEVER and any(
        event.kind is RangeEventKind.FIXED and event.version == "0" for event in stated.events
    ):
        yield replace(blank, low=LOWEST, high=HIGHEST, fix_state=FixState.UNKNOWN, stated_verdict=Verdict.NOT_AFFECTED)
        return
    reason = _why_unusable(scheme, stated.type)
    intervals = find_intervals(scheme, stated.events) if scheme is not None and not reason else reason
    if isinstance(intervals, str):
        yield replace(
            blank,
            not_comparable=intervals,
            introduced=_texts(stated, RangeEventKind.INTRODUCED),
            fixed=_texts(stated, RangeEventKind.FIXED),
            last_affected=_texts(stated, RangeEventKind.LAST_AFFECTED),
        )
        return
    for interval in intervals:
        yield _ranged(blank, interval)


def _why_unusable(scheme: VersionScheme | None, range_type: str) -> str:
    if scheme is None:
        return NotComparable.NO_SCHEME.value
    if range_type == "SEMVER":
        return "" if scheme.name == "semver" else FOREIGN_SCHEME
    return "" if range_type == "ECOSYSTEM" else UNKNOWN_TYPE


def _texts(stated: StatedRange, kind: RangeEventKind) -> str:
    return ", ".join(event.version for event in stated.events if event.kind is kind)


def _ranged(blank: AffectedRange, interval: Interval) -> AffectedRange:
    own_state = interval.fix_state
    return replace(
        blank,
        low=interval.low,
        high=interval.high,
        introduced=interval.introduced,
        fixed=interval.fixed,
        fixed_key=interval.fixed_key,
        last_affected=interval.last_affected,
        fix_state=own_state if own_state is FixState.FIXED or blank.fix_state is FixState.UNKNOWN else blank.fix_state,
    )


def _merge(keyed: Iterable[AffectedRange], verdict: Verdict) -> list[tuple[bytes, bytes]]:
    """Join the intervals of one verdict into disjoint ones, lowest first, so that a key is looked up by bisection."""
    ends = sorted(
        (found.low, found.high)
        for found in keyed
        if found.low is not None and found.high is not None and found.stated_verdict is verdict
    )
    merged: list[tuple[bytes, bytes]] = []
    for low, high in ends:
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged


def _covers(merged: Sequence[tuple[bytes, bytes]], key: bytes) -> bool:
    place = bisect_right(merged, (key, HIGHEST))
    return place > 0 and key < merged[place - 1][1]


def _key_listed(
    blank: AffectedRange, scheme: VersionScheme | None, versions: Iterable[str], covered: Sequence[tuple[bytes, bytes]]
) -> Iterator[AffectedRange]:
    """Key the listed versions that no interval covers: an interval of one version, or its text where it has no key."""
    seen: set[bytes | str] = set()
    for version in versions:
        key = scheme.sort_key(version) if scheme else None
        if (key or version) in seen or (key is not None and _covers(covered, key)):
            continue
        seen.add(key or version)
        if not version:
            yield replace(blank, not_comparable=EMPTY_LISTED)
        elif key is None:
            yield replace(blank, exact_version=version)
        else:
            yield replace(blank, low=key, high=successor(key), introduced=version, last_affected=version)
