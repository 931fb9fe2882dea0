"""Says in words how a package stands to a range, and what became of each match: `decide` and `resolve`, explained.

Nothing is decided here: `stand` says INSIDE exactly where `decide` gives a verdict that counts, and `weigh` goes by the
voice that `resolve` goes by. Called when somebody asks why.
"""

from __future__ import annotations

from collections.abc import Collection

from dogwatch.matching.decide import decide, speaks_of, why_undetermined
from dogwatch.matching.resolve import deciding_voice
from dogwatch.model.advisories import AffectedRange, Naming
from dogwatch.model.explanations import Standing
from dogwatch.model.feeds import OPERATOR_SOURCES
from dogwatch.model.matches import Assessment, Match
from dogwatch.model.packages import KeyedPackage
from dogwatch.model.verdicts import Verdict
from dogwatch.versions import HIGHEST, LOWEST, speaks_for

DECIDES = "decides"
AGREES = "agrees"


def stand(package: KeyedPackage, affected: AffectedRange) -> tuple[Standing, str]:
    """Say how a package stands to a range, and that in words.

    Args:
        package: the package with its key.
        affected: the range; names of both are normalised.

    Returns:
        The standing, and a comparison as people write it, with the scheme by whose order it holds.
    """
    if affected.naming.is_outright:
        return _stand_to_named(package, affected)
    if not speaks_of(package, affected):
        if affected.naming is Naming.OWN and affected.name == package.match_name:
            return Standing.ELSEWHERE, f"speaks of {affected.name} alone, not of what else is built from its source"
        mine, other = (
            f"{name} of {ecosystem}"
            for ecosystem, name in (
                (package.package.ecosystem, package.match_name),
                (affected.ecosystem, affected.name),
            )
        )
        return Standing.ELSEWHERE, f"speaks of {other}, not of {mine}"
    verdict = decide(package, affected)
    if affected.exact_version:
        is_it = verdict is not None
        words = f"names {affected.exact_version} itself, which has no place in an order"
        return (Standing.INSIDE if is_it else Standing.NOT_LISTED), words + ("" if is_it else ", and no other version")
    if verdict is Verdict.UNDETERMINED:
        return Standing.NOT_COMPARED, why_undetermined(package, affected)
    if verdict is not None:
        return Standing.INSIDE, _inside(package, affected)
    low, key = affected.low, package.key
    if low is not None and key is not None and key < low:
        return Standing.BELOW, f"{package.match_version} < {affected.introduced}, where it begins{_by(package)}"
    return Standing.ABOVE, _above(package, affected)


def _stand_to_named(package: KeyedPackage, named: AffectedRange) -> tuple[Standing, str]:
    """Say how a package stands to a range that names packages outright."""
    what = " ".join(filter(None, (named.exact_version or "every version", named.arch)))
    words = f"names {named.name} of {named.ecosystem}, {what}"
    if decide(package, named) is not None:
        return Standing.INSIDE, words
    is_own = named.name == (package.match_name if named.naming is Naming.SOURCE else package.package.name)
    is_there = speaks_for(named.ecosystem, package.package.ecosystem)
    return (Standing.NOT_LISTED, f"{words}, and no other") if is_own and is_there else (Standing.ELSEWHERE, words)


def _by(package: KeyedPackage) -> str:
    return f" (order of {package.scheme})"


def _inside(package: KeyedPackage, affected: AffectedRange) -> str:
    version = package.match_version
    below = "" if affected.low == LOWEST else f"{affected.introduced} <= "
    if affected.high == HIGHEST:
        return f"{below}{version}, and nothing ends it{_by(package)}" if below else "every version"
    if affected.last_affected and affected.introduced == affected.last_affected:
        return f"{version} = {affected.last_affected}, which is listed{_by(package)}"
    if affected.last_affected:
        return f"{below}{version} <= {affected.last_affected}{_by(package)}"
    end = affected.fixed or "where the range is cut off"
    return f"{below}{version} < {end}{_by(package)}"


def _above(package: KeyedPackage, affected: AffectedRange) -> str:
    version = package.match_version
    if affected.last_affected:
        return f"{version} > {affected.last_affected}, the last that is affected{_by(package)}"
    if affected.fixed and affected.fixed_key == affected.high:
        return f"{version} >= {affected.fixed}, the fix{_by(package)}"
    return f"{version} is above where the range is cut off{_by(package)}"


def weigh(matches: Collection[Match], assessment: Assessment | None) -> dict[int, str]:
    """Say what became of each match, by the id of its range.

    Args:
        matches: of one package and one vulnerability.
        assessment: what `resolve` makes of them.
    """
    voice = deciding_voice(frozenset(matches))
    return {match.range_id: _weight(match, voice, assessment) for match in matches}


def _weight(match: Match, voice: Collection[Match], assessment: Assessment | None) -> str:
    if assessment is not None and match in voice:
        if (match.source, match.advisory) == (assessment.source, assessment.advisory):
            return DECIDES
        if match.fixed_version and match.fixed_version != assessment.fixed_version:
            return f"{AGREES}; of several fixes the newest counts"
        return AGREES
    if match.source in OPERATOR_SOURCES:
        if match.verdict is Verdict.UNDETERMINED:
            return "does not count: what is under investigation is for others to say meanwhile"
        return "overruled: of what the operator says, statements come first, and of several the newest"
    if any(one.source in OPERATOR_SOURCES for one in voice):
        return "overruled: what the operator says comes before anybody else's word"
    decided_by_own = any(one.own_distribution for one in voice)
    if match.own_distribution != decided_by_own:
        return (
            "overruled: the distribution's word on its own package comes before anybody else's"
            if decided_by_own
            else "does not count: the distribution's word cannot be compared, and upstream says affected"
        )
    if match.verdict is Verdict.UNDETERMINED:
        return "does not count: it cannot be compared, and others of the same voice can"
    return "overruled: within one voice, affected comes before not affected"
