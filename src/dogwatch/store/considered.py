"""Rows of `explanations.sql` as ranges that were considered, each with how a package stands to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from dogwatch.matching import is_distribution, stand
from dogwatch.model.advisories import AffectedRange, FixState, Naming
from dogwatch.model.explanations import ConsideredRange, Standing
from dogwatch.model.feeds import OPERATOR_SOURCES
from dogwatch.model.matches import Match
from dogwatch.model.packages import KeyedPackage
from dogwatch.model.verdicts import Verdict
from dogwatch.model.vulnerabilities import RangeView
from dogwatch.store.severities import severity_of

_MOST_ELSEWHERE = 20
"""Ranges shown of other packages, where the package's own name has none."""

_IN_FORCE = 2**31 - 1
"""The revision at which a range ends that has not ended, as `stated_range` says it."""

_PLACES = {Standing.INSIDE: 0, Standing.NOT_COMPARED: 1, Standing.ENDED: 4, Standing.ELSEWHERE: 3}
_OTHERWISE = 2


@dataclass(frozen=True, slots=True)
class Origin:
    """Which document says something, and since when: `number` is the id of the range, or of what stands for one."""

    number: int
    source: str
    advisory: str
    modified_at: datetime
    revision: int
    published_at: datetime


_OF_ORIGIN = len(fields(Origin))


@dataclass(frozen=True, slots=True)
class Considered:
    """A range as it is shown, and the match that it is where it holds."""

    view: ConsideredRange
    match: Match

    def weighed(self, weights: Mapping[int, str]) -> ConsideredRange:
        """Return the range with what became of its match."""
        return replace(self.view, weight=weights.get(self.match.range_id, ""))


def considered_of(row: Sequence[Any], package: KeyedPackage) -> Considered:
    """Return the range of a row, and how a package stands to it; one that ended does not count, whatever it said."""
    *of_range, _, to_revision, state, name, _ = row[_OF_ORIGIN:]
    ended = to_revision if to_revision < _IN_FORCE else None
    considered = consider(package, Origin(*row[:_OF_ORIGIN]), _range_of(of_range), name)
    if ended is None:
        return considered
    view = replace(considered.view, state=state, ended_revision=ended, standing=Standing.ENDED)
    return replace(considered, view=view)


def consider(package: KeyedPackage, origin: Origin, affected: AffectedRange, vulnerability: str) -> Considered:
    """Return a range in force, and how a package stands to it."""
    standing, words = stand(package, affected)
    view = ConsideredRange(
        vulnerability=vulnerability,
        source=origin.source,
        advisory=origin.advisory,
        modified_at=origin.modified_at,
        state="in force",
        revision=origin.revision,
        published_at=origin.published_at,
        ended_revision=None,
        range=view_of(affected),
        low="" if affected.low is None else affected.low.hex(),
        high="" if affected.high is None else affected.high.hex(),
        standing=standing,
        words=words,
    )
    match = Match(
        range_id=origin.number,
        advisory=origin.advisory,
        source=origin.source,
        verdict=affected.stated_verdict,
        own_distribution=is_distribution(affected.ecosystem),
        fix_state=affected.fix_state,
        fixed_version=affected.fixed,
        fixed_key=affected.fixed_key,
        severity=affected.severity,
        stated_at=origin.modified_at if origin.source in OPERATOR_SOURCES else None,
    )
    return Considered(view, match)


def drop_what_is_elsewhere(found: Sequence[Considered]) -> list[Considered]:
    """Return ranges the nearest first; those of other packages only where the package's own name has none."""
    own = [one for one in found if one.view.standing is not Standing.ELSEWHERE]
    elsewhere = [one for one in found if one.view.standing is Standing.ELSEWHERE]
    is_spoken_of = any(one.view.standing is not Standing.ENDED for one in own)
    kept = own if is_spoken_of else [*own, *elsewhere[:_MOST_ELSEWHERE]]
    return sorted(kept, key=lambda one: _PLACES.get(one.view.standing, _OTHERWISE))  # stable: nearest first within


def _range_of(row: Sequence[Any]) -> AffectedRange:
    (ecosystem, name, scheme, number, low, high, exact, why_not, introduced, fixed, last, fixed_key, *stated) = row
    fix_state, verdict, severity, naming, arch = stated
    return AffectedRange(
        ecosystem=ecosystem,
        name=name,
        scheme=scheme,
        scheme_number=number,
        low=low,
        high=high,
        exact_version=exact,
        not_comparable=why_not,
        introduced=introduced,
        fixed=fixed,
        last_affected=last,
        fixed_key=fixed_key,
        fix_state=FixState(fix_state),
        stated_verdict=Verdict(verdict),
        severity=severity_of(severity),
        naming=Naming(naming),
        arch=arch,
    )


def view_of(one: AffectedRange) -> RangeView:
    """Return a range as it is shown."""
    return RangeView(
        one.ecosystem,
        one.name,
        one.introduced,
        one.fixed,
        one.last_affected,
        one.exact_version,
        str(one.fix_state),
        str(one.stated_verdict),
        one.not_comparable,
    )
