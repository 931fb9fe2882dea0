"""What all matches of one package and one vulnerability come to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations

import pytest

from dogwatch.matching import resolve
from dogwatch.model.advisories import FixState, SeverityFact
from dogwatch.model.facts import NVD, StatedScore
from dogwatch.model.feeds import SUPPLIED_SOURCE, VEX_SOURCE
from dogwatch.model.matches import Assessment, Match, Score, Severity
from dogwatch.model.verdicts import Verdict

CRITICAL_3 = SeverityFact("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")
HIGH_3 = SeverityFact("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H")
HIGH_4 = SeverityFact("CVSS_V4", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N")
HIGH_2 = SeverityFact("CVSS_V2", "AV:N/AC:L/Au:N/C:P/I:P/A:P")
BROKEN = SeverityFact("CVSS_V3", "CVSS:3.1/AV:N")


def word(text: str) -> SeverityFact:
    return SeverityFact("TEXT", text)


def open_match(advisory: str = "PYSEC-1", *severity: SeverityFact, state: FixState = FixState.NOT_FIXED) -> Match:
    return Match(1, advisory, "osv", Verdict.AFFECTED, False, state, "", None, severity)


def fixed_match(version: str, advisory: str = "PYSEC-1", *severity: SeverityFact) -> Match:
    return Match(2, advisory, "osv", Verdict.AFFECTED, False, FixState.FIXED, version, version.encode(), severity)


def own(match: Match, verdict: Verdict = Verdict.AFFECTED) -> Match:
    return replace(match, own_distribution=True, verdict=verdict)


def upstream(match: Match, verdict: Verdict = Verdict.AFFECTED) -> Match:
    return replace(match, verdict=verdict)


def assessed(*matches: Match) -> Assessment:
    assessment = resolve(matches)
    assert assessment is not None
    return assessment


def test_no_matches_come_to_nothing() -> None:
    assert resolve([]) is None


def test_one_match_comes_to_what_it_says() -> None:
    assert resolve([fixed_match("2", "GHSA-1", CRITICAL_3)]) == Assessment(
        Verdict.AFFECTED,
        FixState.FIXED,
        "2",
        Severity.CRITICAL,
        Score(98, CRITICAL_3.value, "3.1", "osv"),
        "GHSA-1",
        "osv",
    )


@pytest.mark.parametrize(
    ("own_verdict", "upstream_verdict", "verdict"),
    [
        (Verdict.AFFECTED, Verdict.NOT_AFFECTED, Verdict.AFFECTED),
        (Verdict.NOT_AFFECTED, Verdict.AFFECTED, Verdict.NOT_AFFECTED),
        (Verdict.UNDETERMINED, Verdict.AFFECTED, Verdict.AFFECTED),
        (Verdict.UNDETERMINED, Verdict.NOT_AFFECTED, Verdict.UNDETERMINED),
        (Verdict.UNDETERMINED, Verdict.UNDETERMINED, Verdict.UNDETERMINED),
    ],
)
def test_the_distribution_beats_everyone_else_about_its_own_package(
    own_verdict: Verdict, upstream_verdict: Verdict, verdict: Verdict
) -> None:
    matches = [own(open_match("DEBIAN-CVE-1"), own_verdict), upstream(open_match("GHSA-1"), upstream_verdict)]
    assert assessed(*matches).verdict is verdict


@pytest.mark.parametrize("voice", [own, upstream])
def test_within_one_voice_affected_beats_not_affected_and_that_beats_undetermined(voice: object) -> None:
    assert callable(voice)
    verdicts = [Verdict.AFFECTED, Verdict.NOT_AFFECTED, Verdict.UNDETERMINED]
    matches = [voice(open_match(f"A-{number}"), verdict) for number, verdict in enumerate(verdicts)]
    assert [assessed(*matches[start:]).verdict for start in range(3)] == verdicts


def test_what_is_not_affected_or_undetermined_names_no_fix() -> None:
    for verdict in (Verdict.NOT_AFFECTED, Verdict.UNDETERMINED):
        assessment = assessed(upstream(fixed_match("2", "GHSA-1", HIGH_3), verdict))
        assert (assessment.verdict, assessment.fix_state, assessment.fixed_version) == (verdict, FixState.UNKNOWN, "")
        assert assessment.severity is Severity.HIGH


def test_of_several_fixes_the_newest_is_offered_and_its_advisory_decides() -> None:
    assessment = assessed(fixed_match("2", "GHSA-1"), fixed_match("3", "PYSEC-1"))
    assert (assessment.fix_state, assessment.fixed_version, assessment.advisory) == (FixState.FIXED, "3", "PYSEC-1")


def test_an_advisory_with_a_range_that_stays_open_names_no_fix() -> None:
    assessment = assessed(fixed_match("2"), open_match())
    assert (assessment.fix_state, assessment.fixed_version) == (FixState.NOT_FIXED, "")


def test_a_range_that_merely_names_no_fix_does_not_take_one_away() -> None:
    assessment = assessed(fixed_match("2"), open_match(state=FixState.UNKNOWN))
    assert (assessment.fix_state, assessment.fixed_version) == (FixState.FIXED, "2")


def test_another_advisory_that_names_a_fix_beats_one_that_knows_none() -> None:
    assessment = assessed(fixed_match("2", "PYSEC-1"), open_match("GHSA-1"))
    assert (assessment.fix_state, assessment.fixed_version, assessment.advisory) == (FixState.FIXED, "2", "PYSEC-1")


def test_without_a_fix_the_most_telling_state_is_shown() -> None:
    states = [FixState.END_OF_LIFE, FixState.WILL_NOT_FIX, FixState.DEFERRED, FixState.NOT_FIXED, FixState.UNKNOWN]
    matches = [open_match(f"A-{number}", state=state) for number, state in enumerate(states)]
    assert [assessed(*matches[start:]).fix_state for start in range(5)] == states


def test_among_equal_advisories_the_reviewed_one_decides_then_the_first_by_name() -> None:
    assert assessed(open_match("PYSEC-2"), open_match("GHSA-9"), open_match("PYSEC-1")).advisory == "GHSA-9"
    assert assessed(open_match("PYSEC-2"), open_match("PYSEC-1")).advisory == "PYSEC-1"


def test_version_3_of_cvss_counts_before_4_and_4_before_2_and_the_highest_of_one_version() -> None:
    def vector(*facts: SeverityFact) -> str:
        score = assessed(open_match("A", *facts)).score
        assert score is not None
        return score.vector

    assert vector(HIGH_2, HIGH_4, HIGH_3) == HIGH_3.value
    assert vector(HIGH_2, HIGH_4) == HIGH_4.value
    assert vector(HIGH_2) == HIGH_2.value
    assert vector(HIGH_3, CRITICAL_3) == CRITICAL_3.value


def test_the_label_follows_the_score_and_a_word_only_where_there_is_no_score() -> None:
    assert assessed(open_match("A", word("LOW"), HIGH_3)).severity is Severity.HIGH
    assert assessed(open_match("A", word("LOW"), word("MODERATE"), BROKEN)).severity is Severity.MEDIUM
    assert assessed(open_match("A", word("LOW"), BROKEN)).score is None
    assert assessed(open_match("A", BROKEN)).severity is Severity.UNTRIAGED
    assert assessed(open_match("A")).severity is Severity.UNTRIAGED


def test_a_distribution_says_in_its_own_word_how_severe_it_is_for_its_package() -> None:
    assert assessed(own(open_match("A", word("unimportant"), CRITICAL_3))).severity is Severity.INFORMATIONAL
    assert assessed(own(open_match("A", word("not yet assigned"), CRITICAL_3))).severity is Severity.CRITICAL


def test_what_is_said_of_several_vulnerabilities_together_counts_where_nothing_is_said_of_one() -> None:
    several = [fact.of_several() for fact in (word("critical"), CRITICAL_3)]
    assert assessed(own(open_match("A", *several))).severity is Severity.CRITICAL
    assert assessed(own(open_match("A", several[0]))).severity is Severity.CRITICAL
    assert assessed(own(open_match("A", *several, word("low")))).severity is Severity.LOW
    medium = StatedScore("CVSS_V2", "AV:N/AC:M/Au:N/C:P/I:N/A:N", NVD)
    alone = resolve([own(open_match("A", *several))], [medium])
    assert alone is not None
    assert (alone.severity, alone.score) == (Severity.MEDIUM, Score(43, medium.vector, "2.0", NVD))


def test_severity_comes_from_the_voice_that_decides() -> None:
    assessment = assessed(own(open_match("DEBIAN-CVE-1", word("low"))), open_match("GHSA-1", CRITICAL_3))
    assert (assessment.severity, assessment.score, assessment.advisory) == (Severity.LOW, None, "DEBIAN-CVE-1")


def stated(verdict: Verdict, day: int, source: str = VEX_SOURCE, state: FixState = FixState.UNKNOWN) -> Match:
    """What a document of the operator's says that was written on a day."""
    advisory, written_at = f"{source}-{day}-{verdict}", datetime(2026, 7, day, tzinfo=UTC)
    return Match(9, advisory, source, verdict, True, state, "", None, (), written_at)


@pytest.mark.parametrize(
    ("said", "verdict", "source"),
    [
        ([stated(Verdict.NOT_AFFECTED, 1)], Verdict.NOT_AFFECTED, VEX_SOURCE),
        ([stated(Verdict.NOT_AFFECTED, 1), stated(Verdict.AFFECTED, 2)], Verdict.AFFECTED, VEX_SOURCE),
        ([stated(Verdict.NOT_AFFECTED, 2), stated(Verdict.AFFECTED, 1)], Verdict.NOT_AFFECTED, VEX_SOURCE),
        ([stated(Verdict.NOT_AFFECTED, 1), stated(Verdict.AFFECTED, 1)], Verdict.AFFECTED, VEX_SOURCE),
        ([stated(Verdict.NOT_AFFECTED, 1), stated(Verdict.UNDETERMINED, 2)], Verdict.AFFECTED, "osv"),
        (
            [stated(Verdict.NOT_AFFECTED, 1), stated(Verdict.AFFECTED, 2, SUPPLIED_SOURCE)],
            Verdict.NOT_AFFECTED,
            VEX_SOURCE,
        ),
        (
            [stated(Verdict.UNDETERMINED, 2), stated(Verdict.AFFECTED, 1, SUPPLIED_SOURCE)],
            Verdict.AFFECTED,
            SUPPLIED_SOURCE,
        ),
    ],
)
def test_what_the_operator_says_beats_all_others_and_its_newest_word_counts(
    said: list[Match], verdict: Verdict, source: str
) -> None:
    others = [own(fixed_match("2", "DEBIAN-1", word("high"))), upstream(open_match(), Verdict.NOT_AFFECTED)]
    for order in permutations([*said, *others]):
        found = assessed(*order)
        assert (found.verdict, found.source, found.severity) == (verdict, source, Severity.HIGH)
        assert found.fixed_version == ("2" if verdict is Verdict.AFFECTED else "")


def test_an_investigation_alone_comes_to_nothing_and_fixed_is_told_from_not_affected() -> None:
    assert resolve([stated(Verdict.UNDETERMINED, 1)]) is None
    fixed = stated(Verdict.NOT_AFFECTED, 1, state=FixState.FIXED)
    assert [assessed(one).fix_state for one in (fixed, stated(Verdict.NOT_AFFECTED, 1))] == [
        FixState.FIXED,
        FixState.UNKNOWN,
    ]
