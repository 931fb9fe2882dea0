"""All matches of one package and one vulnerability come to one assessment: the content of an exposure.

The result does not depend on the order of the matches, nor on hearing one twice: every choice is the greatest or least
under a total order. Called by the store whenever matches begin or end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from dogwatch.matching.severity import label_of_score, label_of_word, score_of
from dogwatch.model.advisories import FixState, SeverityFact
from dogwatch.model.facts import NVD, StatedScore
from dogwatch.model.feeds import OPERATOR_SOURCES
from dogwatch.model.matches import Assessment, DocumentKey, Match, Score, Severity
from dogwatch.model.verdicts import Verdict

_OPEN_STATES = (FixState.END_OF_LIFE, FixState.WILL_NOT_FIX, FixState.DEFERRED, FixState.NOT_FIXED)
"""The range goes on without a fix; the most telling word first."""

_CVSS_PREFERENCE = {"2.0": 0, "4.0": 1, "3.0": 2, "3.1": 2}
"""Version 3 where there is one, as the original shows it; then 4, then 2."""

_Voice = tuple[bool, Verdict]
"""Whether it is the distribution's own, and what it says."""

_VOICES: tuple[_Voice, ...] = (
    (True, Verdict.AFFECTED),
    (True, Verdict.NOT_AFFECTED),
    (False, Verdict.AFFECTED),
    (True, Verdict.UNDETERMINED),
    (False, Verdict.NOT_AFFECTED),
    (False, Verdict.UNDETERMINED),
)
"""The first of them that is heard counts."""

_OWN, _NVD, _UPSTREAM, _HANDED_ON, _OF_SEVERAL = 4, 3, 2, 1, 0
"""Of scores of one generation: a distribution's own, then NVD's, then the advisory's, then those that NVD hands on.
What is said of several vulnerabilities together comes behind all of these, whatever its generation."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)

_Fix = tuple[FixState, bytes, str]
"""State, key and version: of those that name a version, the newest is the greatest."""


def resolve(matches: Iterable[Match], scores: Iterable[StatedScore] = ()) -> Assessment | None:
    """Resolve what all advisories say of one package version and one vulnerability.

    0. What the operator says beats everyone else, a statement (VEX) an advisory; of several the newest by its own time
       counts. It says the verdict; where it names no fix or severity, those that the others come to stay. While it is
       only under investigation, the others count.
    1. The distribution's word on its own package beats everyone else's. Within one voice affected beats an explicit
       "not affected", and that beats undetermined. Where the distribution's word cannot be compared, only an upstream
       "affected" counts; an upstream "not affected" does not make it clean.
    2. One advisory names a fix only if none of its ranges around the version stays open. Of several advisories those
       that name a fix count; of several fixes the newest.
    3. Severity: a distribution's own word first, then CVSS, then any word of the same voice. Of several scores version
       3 comes before 4 and that before 2; among these the distribution's own, then NVD's, then the advisory's, then
       those of others that NVD hands on; of several the highest. The label follows the score where no word came first.
       Behind all this counts what an advisory says of several vulnerabilities together, word or score.

    Args:
        matches: of one package and one vulnerability, in any order; a range that does not contain the version is none.
        scores: what catalogues give the vulnerability, in any order.

    Returns:
        The assessment, or None where there is no match at all.
    """
    every, told = frozenset(matches), tuple(scores)
    operators = _operators_voice(every)
    others = _voice_of_others(every)
    otherwise = _assess(others, told) if others else None
    return _with_facts_of(_assess(operators, told), operators, otherwise) if operators else otherwise


def deciding_voice(matches: frozenset[Match]) -> list[Match]:
    """Return the matches whose verdict counts: all of one voice and one verdict."""
    return _operators_voice(matches) or _voice_of_others(matches)


def _operators_voice(matches: frozenset[Match]) -> list[Match]:
    """Return the operator's matches that count, newest first of all; none where nothing is said."""
    for source in OPERATOR_SOURCES:
        said = [match for match in matches if match.source == source]
        if not said:
            continue
        newest_at = max(match.stated_at or _LONG_AGO for match in said)
        newest = [match for match in said if (match.stated_at or _LONG_AGO) == newest_at]
        for verdict in (Verdict.AFFECTED, Verdict.NOT_AFFECTED):
            agreeing = [match for match in newest if match.verdict is verdict]
            if agreeing:
                return agreeing
    return []


def _with_facts_of(stated: Assessment, voice: Sequence[Match], otherwise: Assessment | None) -> Assessment:
    """Complete what the operator says by what the others come to, where nothing is stated of it."""
    if otherwise is None:
        return stated
    if not any(match.severity for match in voice):
        stated = replace(stated, severity=otherwise.severity, score=otherwise.score)
    if stated.verdict is otherwise.verdict is Verdict.AFFECTED and stated.fix_state is FixState.UNKNOWN:
        stated = replace(stated, fix_state=otherwise.fix_state, fixed_version=otherwise.fixed_version)
    return stated


def _assess(voice: Sequence[Match], scores: Iterable[StatedScore]) -> Assessment:
    """Resolve the matches of one voice and one verdict; there is one at least."""
    verdict = voice[0].verdict
    state, _, fixed_version = fix = _fix(voice) if verdict is Verdict.AFFECTED else _no_fix(voice)
    severity, score = _severity(voice, scores)
    deciding = min(voice, key=lambda match: (_own_fix(match) != fix, *_rank(match)))
    return Assessment(
        verdict=verdict,
        fix_state=state,
        fixed_version=fixed_version,
        severity=severity,
        score=score,
        advisory=deciding.advisory,
        source=deciding.source,
    )


def _voice_of_others(matches: frozenset[Match]) -> list[Match]:
    """Return the matches that count of everybody but the operator."""
    said: dict[_Voice, list[Match]] = {}
    for match in matches:
        if match.source not in OPERATOR_SOURCES:
            said.setdefault((match.own_distribution, match.verdict), []).append(match)
    return next((said[voice] for voice in _VOICES if voice in said), [])


def _rank(match: Match) -> tuple[bool, str, str, int]:
    """Order matches for showing: GitHub's reviewed advisories before others of the same voice, then by name."""
    return (not match.advisory.startswith("GHSA-"), match.advisory, match.source, match.range_id)


def _own_fix(match: Match) -> _Fix:
    return (match.fix_state, match.fixed_key or b"", match.fixed_version)


def _fix(voice: Sequence[Match]) -> _Fix:
    """Return the fix that all advisories come to."""
    by_advisory: dict[DocumentKey, list[_Fix]] = {}
    for match in voice:
        by_advisory.setdefault((match.source, match.advisory), []).append(_own_fix(match))
    return _newest([_fix_of_advisory(fixes) for fixes in by_advisory.values()])


def _fix_of_advisory(fixes: Sequence[_Fix]) -> _Fix:
    stays_open = any(state in _OPEN_STATES for state, *_ in fixes)
    return _most_telling(fixes) if stays_open else _newest(fixes)


def _no_fix(voice: Sequence[Match]) -> _Fix:
    """Return what is told of a fix where nothing is affected: that a version is a fixed one, if the operator says."""
    is_fixed = any(match.source in OPERATOR_SOURCES and match.fix_state is FixState.FIXED for match in voice)
    return (FixState.FIXED if is_fixed else FixState.UNKNOWN, b"", "")


def _newest(fixes: Sequence[_Fix]) -> _Fix:
    """Return the newest of the fixes that are named; where none is, only a state."""
    named = [fix for fix in fixes if fix[0] is FixState.FIXED]
    return max(named) if named else _most_telling(fixes)


def _most_telling(fixes: Sequence[_Fix]) -> _Fix:
    states = {state for state, *_ in fixes}
    return (next((state for state in _OPEN_STATES if state in states), FixState.UNKNOWN), b"", "")


def _severity(voice: Sequence[Match], stated: Iterable[StatedScore]) -> tuple[Severity, Score | None]:
    """Return label and score of one voice, with what catalogues say beside it."""
    facts = ((fact, match.source) for match in voice for fact in match.severity)
    return resolve_severity(facts, stated, is_own=voice[0].own_distribution)


def resolve_severity(
    facts: Iterable[tuple[SeverityFact, str]], stated: Iterable[StatedScore], *, is_own: bool = False
) -> tuple[Severity, Score | None]:
    """Return the label and score that several statements come to; see `resolve`, step 3.

    Args:
        facts: what advisories state, each with its source, in any order.
        stated: what catalogues give.
        is_own: whether the advisories are a distribution's on its own package.
    """
    scores: list[tuple[int, Score]] = []
    words: list[tuple[bool, Severity]] = []
    for fact, source in facts:
        score = score_of(fact, source)
        if score is not None:
            rank = _OWN if is_own else _UPSTREAM
            scores.append((_OF_SEVERAL if fact.is_of_several else rank, score))
        elif fact.is_word and (label := label_of_word(fact.value)) is not Severity.UNTRIAGED:
            words.append((not fact.is_of_several, label))
    for one in stated:
        score = score_of(SeverityFact(one.kind, one.vector), one.source)
        if score is not None:
            scores.append((_NVD if one.source == NVD else _HANDED_ON, score))
    is_of_one, word = max(words, default=(False, Severity.UNTRIAGED))
    if not scores:
        return word, None
    _, best = max(scores, key=_preference)
    return (word if is_own and is_of_one else label_of_score(best.tenths)), best


def _preference(ranked: tuple[int, Score]) -> tuple[bool, int, int, int, str, str]:
    rank, score = ranked
    generation = _CVSS_PREFERENCE[score.version]
    return (rank > _OF_SEVERAL, generation, rank, score.tenths, score.vector, score.source)
