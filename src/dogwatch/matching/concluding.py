"""One sentence on what a package and a vulnerability come to, whatever the outcome: also where nothing is said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dogwatch.matching.explaining import DECIDES
from dogwatch.model.advisories import FixState
from dogwatch.model.explanations import ConsideredRange, JudgedName, Standing
from dogwatch.model.matches import Assessment
from dogwatch.model.verdicts import Verdict
from dogwatch.model.vulnerabilities import RangeView

_UBUNTU = "Ubuntu:"
_MOST_NAMED = 5
"""Names in one sentence: more are not read."""


def conclude(
    judged_by: JudgedName, vulnerability: str, assessment: Assessment | None, ranges: Sequence[ConsideredRange]
) -> tuple[str, str]:
    """Return the verdict (empty: nothing is said of the package) and the sentence.

    Args:
        judged_by: what the package is judged by.
        vulnerability: its name; empty where only what cannot be compared was asked for.
        assessment: what all matches come to; None where there are none.
        ranges: what was considered, the nearest first.
    """
    subject = f"{judged_by.name} {judged_by.version}"
    if assessment is not None:
        return str(assessment.verdict), _matched(subject, vulnerability, assessment, ranges)
    not_compared = [one for one in ranges if one.standing is Standing.NOT_COMPARED]
    if not_compared:
        reasons = ", ".join(sorted({one.words for one in not_compared}))
        told = _named(one.advisory for one in not_compared)
        return str(Verdict.UNDETERMINED), f"Could not tell: {told} cannot be compared with {subject}: {reasons}."
    if not vulnerability:
        return "", f"Every advisory on {judged_by.name} can be compared with {subject}."
    return "", _silent(subject, vulnerability, ranges)


def _matched(subject: str, vulnerability: str, assessment: Assessment, ranges: Sequence[ConsideredRange]) -> str:
    by = f"{assessment.advisory} ({assessment.source})"
    if assessment.verdict is Verdict.NOT_AFFECTED:
        return f"{subject} is not affected by {vulnerability}: {by} says so outright."
    return f"{subject} is affected by {vulnerability}, as {by} says; {_fix(assessment, ranges)}."


def _fix(assessment: Assessment, ranges: Sequence[ConsideredRange]) -> str:
    """Say what is known of a fix, also where the range ends without one and where only some get it."""
    if assessment.fix_state is FixState.FIXED:
        return f"fixed in {assessment.fixed_version}"
    words = "no fix is named" if assessment.fix_state is FixState.UNKNOWN else str(assessment.fix_state)
    deciding = next((one.range for one in ranges if one.weight == DECIDES), None)
    if deciding is None:
        return words
    if assessment.fix_state is FixState.UNKNOWN and deciding.last_affected not in ("", deciding.introduced):
        return f"no fixed version is known, and above {deciding.last_affected} it is not affected"
    paid = _fix_for_pro(deciding, ranges) if assessment.fix_state is FixState.WILL_NOT_FIX else ""
    return f"{words}; fixed for Ubuntu Pro alone, in {paid}" if paid else words


def _fix_for_pro(deciding: RangeView, ranges: Sequence[ConsideredRange]) -> str:
    """Return the fix of the same package in Ubuntu Pro; empty where there is none."""
    paid = deciding.ecosystem.replace(_UBUNTU, f"{_UBUNTU}Pro:", 1)
    named = (one.range for one in ranges if paid.startswith(_UBUNTU) and one.range.ecosystem == paid)
    return next((one.fixed for one in named if one.package == deciding.package and one.fixed), "")


def _silent(subject: str, vulnerability: str, ranges: Sequence[ConsideredRange]) -> str:
    own = [one for one in ranges if one.standing not in (Standing.ELSEWHERE, Standing.ENDED)]
    if own:
        nearest = own[0]
        return (
            f"No range of {vulnerability} holds for {subject}; the nearest is of {nearest.advisory}: {nearest.words}."
        )
    elsewhere = [one for one in ranges if one.standing is Standing.ELSEWHERE]
    if elsewhere:
        places = _named(f"{one.range.package} of {one.range.ecosystem}" for one in elsewhere)
        return f"No advisory in force on {vulnerability} speaks of this package ({subject}); they speak of {places}."
    if ranges:
        return f"Nothing is said of {subject} and {vulnerability} any more: what was said is no longer in force."
    return f"No advisory in force that was imported names packages for {vulnerability}."


def _named(names: Iterable[str]) -> str:
    distinct = list(dict.fromkeys(names))
    more = len(distinct) - _MOST_NAMED
    return ", ".join(distinct[:_MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
