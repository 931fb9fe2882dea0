"""Laws of matching over generated advisories, packages and ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from dogwatch.matching import (
    AdvisoryNames,
    decide,
    group_vulnerabilities,
    key_affected_package,
    key_package,
    label_of_score,
    names_of_vulnerabilities,
    resolve,
    score_of,
    why_not_scored,
    why_undetermined,
)
from dogwatch.matching.intervals import find_intervals
from dogwatch.model.advisories import AffectedPackage, FixState, RangeEvent, RangeEventKind, SeverityFact, StatedRange
from dogwatch.model.matches import Match, Severity
from dogwatch.model.packages import KeyedPackage, Package
from dogwatch.model.verdicts import Verdict
from dogwatch.versions import HIGHEST, LOWEST, scheme_named

SEMVER = scheme_named("semver")

# --- ranges: the schema's own evaluation is the oracle ----------------------------------------------------------------


@dataclass(frozen=True)
class Event:
    """An event whose version is a number: 7 is written 7.0.0, and -1 stands for the beginning of all versions."""

    kind: RangeEventKind
    number: int

    @property
    def written(self) -> RangeEvent:
        if self.number >= 0:
            return RangeEvent(self.kind, f"{self.number}.0.0")
        return RangeEvent(self.kind, "*" if self.kind is RangeEventKind.LIMIT else "0")


def is_affected_by_the_schema(number: int, events: Sequence[Event]) -> bool:
    """The evaluation that the OSV schema gives in pseudocode: before the limits, then event by event, lowest first."""
    limits = [event.number for event in events if event.kind is RangeEventKind.LIMIT]
    if limits and -1 not in limits and not any(number < limit for limit in limits):
        return False
    affected = False
    for event in sorted(events, key=lambda event: (event.number, event.kind is RangeEventKind.LAST_AFFECTED)):
        if event.kind is RangeEventKind.INTRODUCED and number >= event.number:
            affected = True
        if event.kind is RangeEventKind.FIXED and number >= event.number:
            affected = False
        if event.kind is RangeEventKind.LAST_AFFECTED and number > event.number:
            affected = False
    return affected


_numbers = st.integers(0, 8)
_events = st.lists(
    st.one_of(
        st.builds(Event, st.just(RangeEventKind.INTRODUCED), st.integers(-1, 8)),
        st.builds(Event, st.sampled_from([RangeEventKind.FIXED, RangeEventKind.LAST_AFFECTED]), _numbers),
    ),
    max_size=8,
)
_limits = st.lists(st.builds(Event, st.just(RangeEventKind.LIMIT), st.integers(-1, 9)), max_size=2)
_first = st.builds(Event, st.just(RangeEventKind.INTRODUCED), st.integers(-1, 8))
_ranges = st.tuples(_first, _events, _limits).flatmap(lambda made: st.permutations([made[0], *made[1], *made[2]]))


@given(events=_ranges)
def test_intervals_contain_exactly_the_versions_that_the_schema_calls_affected(events: list[Event]) -> None:
    found = find_intervals(SEMVER, [event.written for event in events])
    assert not isinstance(found, str)
    for number in range(10):
        key = SEMVER.sort_key(f"{number}.0.0")
        assert key is not None
        inside = any(interval.low <= key < interval.high for interval in found)
        assert inside is is_affected_by_the_schema(number, events)


@given(events=_ranges)
def test_intervals_are_disjoint_ascending_and_never_empty(events: list[Event]) -> None:
    found = find_intervals(SEMVER, [event.written for event in events])
    assert not isinstance(found, str)
    ends = [end for interval in found for end in (interval.low, interval.high)]
    assert all(interval.low < interval.high for interval in found)
    assert ends == sorted(ends)
    assert all(LOWEST <= end <= HIGHEST for end in ends)


@given(data=st.data(), events=st.lists(st.sampled_from(list(RangeEventKind)[:3]), min_size=1, max_size=8))
def test_the_order_of_events_does_not_matter_as_long_as_their_versions_differ(
    data: st.DataObject, events: list[RangeEventKind]
) -> None:
    numbers = data.draw(st.permutations(range(len(events))))
    written = [Event(kind, number).written for kind, number in zip(events, numbers, strict=True)]
    assert find_intervals(SEMVER, data.draw(st.permutations(written))) == find_intervals(SEMVER, written)


# --- entries: ranges and listed versions against brute force ----------------------------------------------------------


@st.composite
def _entries(draw: st.DrawFn) -> tuple[AffectedPackage, list[list[Event]], list[str]]:
    ranges = draw(st.lists(_ranges, max_size=3))
    listed = draw(st.lists(st.one_of(_numbers.map("{}.0.0".format), st.sampled_from(["1.x", "latest"])), max_size=4))
    stated = tuple(StatedRange("SEMVER", tuple(event.written for event in events)) for events in ranges)
    return AffectedPackage("npm", "a", stated, tuple(listed)), ranges, listed


@given(made=_entries(), version=st.one_of(_numbers.map("{}.0.0".format), st.sampled_from(["1.x", "latest", "2.y"])))
def test_deciding_over_an_entry_agrees_with_brute_force(
    made: tuple[AffectedPackage, list[list[Event]], list[str]], version: str
) -> None:
    entry, ranges, listed = made
    package = key_package(Package("npm", "a", version))
    verdicts = {decide(package, affected) for affected in key_affected_package(entry)}
    if package.key is None:
        expected = {Verdict.AFFECTED} if version in listed else set()
        assert verdicts & {Verdict.AFFECTED} == expected
        some_interval = any(find_intervals(SEMVER, [event.written for event in events]) for events in ranges)
        if some_interval or not (ranges or listed):
            assert Verdict.UNDETERMINED in verdicts
    elif not ranges and not listed:
        assert verdicts == {Verdict.UNDETERMINED}
    else:
        by_ranges = any(is_affected_by_the_schema(int(version[0]), events) for events in ranges)
        assert (Verdict.AFFECTED in verdicts) is (by_ranges or version in listed)
        assert Verdict.UNDETERMINED not in verdicts


_texts = st.sampled_from(["0", "1", "1.0.0", "2", "10", "1.x", "", "latest", "${v}", "1.0.0-rc.1", "*"])
_any_ranges = st.lists(
    st.builds(
        StatedRange,
        st.sampled_from(["SEMVER", "ECOSYSTEM", "GIT"]),
        st.lists(st.builds(RangeEvent, st.sampled_from(list(RangeEventKind)), _texts), max_size=4).map(tuple),
    ),
    max_size=3,
).map(tuple)
_any_entries = st.builds(
    AffectedPackage,
    st.sampled_from(["npm", "PyPI", "Debian:12", "CRAN"]),
    st.sampled_from(["a", "A", "b"]),
    _any_ranges,
    st.lists(_texts, max_size=3).map(tuple),
    st.sampled_from(["", "", "not affected", "will not fix"]),
)
_any_packages = st.builds(
    lambda ecosystem, name, version: key_package(Package(ecosystem, name, version)),
    st.sampled_from(["npm", "PyPI", "Debian:12", "CRAN"]),
    st.sampled_from(["a", "b"]),
    _texts,
)


@given(entries=st.lists(_any_entries, max_size=4), packages=st.lists(_any_packages, max_size=5))
def test_matching_by_package_gives_the_same_as_matching_by_advisory(
    entries: list[AffectedPackage], packages: list[KeyedPackage]
) -> None:
    ranges = [affected for entry in entries for affected in key_affected_package(entry)]
    forward = {(package, affected, decide(package, affected)) for package in packages for affected in ranges}
    backward = {(package, affected, decide(package, affected)) for affected in ranges for package in packages}
    assert forward == backward
    by_join = {
        (package, affected, affected.stated_verdict)
        for package in packages
        for affected in ranges
        if (package.package.ecosystem, package.match_name) == (affected.ecosystem, affected.name)
        and (
            (affected.exact_version and affected.exact_version == package.match_version)
            or (
                package.key is not None
                and affected.low is not None
                and affected.high is not None
                and affected.low <= package.key < affected.high
            )
        )
    }
    assert {row for row in forward if row[2] in (Verdict.AFFECTED, Verdict.NOT_AFFECTED)} == by_join


@given(entry=_any_entries, package=_any_packages)
def test_a_range_has_exactly_one_form_and_undetermined_only_with_a_reason(
    entry: AffectedPackage, package: KeyedPackage
) -> None:
    for affected in key_affected_package(entry):
        forms = [
            affected.low is not None and affected.high is not None,
            affected.exact_version,
            affected.not_comparable,
        ]
        assert sum(map(bool, forms)) == 1
        if decide(package, affected) is Verdict.UNDETERMINED:
            assert why_undetermined(package, affected) in {affected.not_comparable, package.not_comparable}
            assert package.key is None or affected.not_comparable


# --- resolve ----------------------------------------------------------------------------------------------------------

_facts = st.sampled_from(
    [
        SeverityFact("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"),
        SeverityFact("CVSS_V3", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"),
        SeverityFact("CVSS_V3", "CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"),
        SeverityFact("CVSS_V4", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N"),
        SeverityFact("CVSS_V2", "AV:N/AC:L/Au:N/C:P/I:P/A:P"),
        SeverityFact("CVSS_V3", "broken"),
        SeverityFact("TEXT", "low"),
        SeverityFact("TEXT", "unimportant"),
        SeverityFact("TEXT", "not yet assigned"),
    ]
)
_fixes = st.one_of(
    st.tuples(st.just(FixState.FIXED), st.sampled_from([("1", b"\x21"), ("1.0", b"\x21"), ("2", b"\x22")])),
    st.tuples(st.sampled_from([state for state in FixState if state is not FixState.FIXED]), st.just(("", None))),
)
_matches = st.builds(
    lambda range_id, advisory, source, verdict, own, fix, severity: Match(
        range_id, advisory, source, verdict, own, fix[0], fix[1][0], fix[1][1], severity
    ),
    st.integers(1, 3),
    st.sampled_from(["GHSA-a", "GHSA-b", "PYSEC-1", "DEBIAN-CVE-2020-1000"]),
    st.sampled_from(["osv", "other"]),
    st.sampled_from(list(Verdict)),
    st.booleans(),
    _fixes,
    st.lists(_facts, max_size=2).map(tuple),
)


@given(data=st.data(), matches=st.lists(_matches, max_size=6))
def test_resolving_does_not_depend_on_order_nor_on_hearing_a_match_twice(
    data: st.DataObject, matches: list[Match]
) -> None:
    again = data.draw(st.lists(st.sampled_from(matches), max_size=3)) if matches else []
    assert resolve(data.draw(st.permutations(matches + again))) == resolve(matches)


@given(matches=st.lists(_matches, min_size=1, max_size=6))
def test_an_assessment_holds_nothing_that_no_match_said(matches: list[Match]) -> None:
    assessment = resolve(matches)
    assert assessment is not None
    agreeing = [match for match in matches if match.verdict is assessment.verdict]
    assert any(match.advisory == assessment.advisory and match.source == assessment.source for match in agreeing)
    assert assessment.fixed_version in {"", *(match.fixed_version for match in agreeing)}
    assert (assessment.fix_state is FixState.FIXED) is bool(assessment.fixed_version)
    if assessment.verdict is Verdict.NOT_AFFECTED:
        assert all(match.verdict is not Verdict.AFFECTED for match in matches if match.own_distribution)


@given(match=_matches)
def test_one_match_alone_keeps_its_verdict_and_fix(match: Match) -> None:
    assessment = resolve([match])
    assert assessment is not None
    assert assessment.verdict is match.verdict
    if match.verdict is Verdict.AFFECTED:
        assert (assessment.fix_state, assessment.fixed_version) == (match.fix_state, match.fixed_version)


# --- severity ---------------------------------------------------------------------------------------------------------

_fields = ["AV:N", "AC:L", "PR:N", "UI:N", "S:U", "S:C", "C:H", "I:N", "A:H", "AT:N", "VC:H", "VI:N", "VA:N", "SC:N"]
_fields += ["SI:S", "SA:N", "Au:N", "C:P", "E:X", "x:", ":", ""]
_vectors = st.one_of(
    st.text(max_size=80),
    st.builds(
        lambda head, fields: head + "/".join(fields),
        st.sampled_from(["", "CVSS:3.0/", "CVSS:3.1/", "CVSS:4.0/"]),
        st.lists(st.sampled_from(_fields), max_size=14),
    ),
    st.permutations(["AV:N", "AC:L", "PR:N", "UI:N", "S:C", "C:H", "I:N", "A:H"]).map(
        lambda fields: "CVSS:3.1/" + "/".join(fields)
    ),
)


@given(vector=_vectors, kind=st.sampled_from(["CVSS_V2", "CVSS_V3", "CVSS_V4", "TEXT"]))
def test_any_text_has_a_score_within_bounds_or_a_reason(vector: str, kind: str) -> None:
    fact = SeverityFact(kind, vector)
    score = score_of(fact, "osv")
    if score is None:
        assert why_not_scored(fact) != ""
    else:
        assert 0 <= score.tenths <= 100
        assert label_of_score(score.tenths) is not Severity.UNTRIAGED


# --- aliases ----------------------------------------------------------------------------------------------------------

_cves = st.sampled_from(["CVE-2020-1000", "CVE-2020-2000", "CVE-2020-3000"])
_others = st.sampled_from(["GHSA-a", "GHSA-b", "PYSEC-1", "PYSEC-2", "MAL-1", "DSA-1"])


@st.composite
def _named(draw: st.DrawFn) -> AdvisoryNames:
    own = draw(_others)
    cves = draw(st.sets(_cves, max_size=2))
    others = draw(st.sets(_others, max_size=2)) | {own}
    return AdvisoryNames(own, tuple(sorted(cves)), tuple(sorted(others)))


@given(data=st.data(), advisories=st.lists(_named(), max_size=7))
def test_grouping_does_not_depend_on_order_nor_on_hearing_an_advisory_twice(
    data: st.DataObject, advisories: list[AdvisoryNames]
) -> None:
    again = data.draw(st.lists(st.sampled_from(advisories), max_size=3)) if advisories else []
    assert group_vulnerabilities(data.draw(st.permutations(advisories + again))) == group_vulnerabilities(advisories)


@given(advisories=st.lists(_named(), max_size=7))
def test_a_group_never_holds_two_cves_and_every_advisory_is_in_one(advisories: list[AdvisoryNames]) -> None:
    groups = group_vulnerabilities(advisories)
    for group in groups:
        assert [name for name in group.names if name.startswith("CVE-")] in ([], [group.name])
        assert group.name in group.names
    assert {id for group in groups for id in group.advisories} == {advisory.id for advisory in advisories}
    assert len({group.name for group in groups}) == len(groups)


@given(advisories=st.lists(_named(), max_size=7))
def test_an_advisory_with_cves_is_in_exactly_their_groups_whatever_others_say(advisories: list[AdvisoryNames]) -> None:
    only_once = list({advisory.id: advisory for advisory in advisories}.values())
    members = {group.name: set(group.advisories) for group in group_vulnerabilities(only_once)}
    for advisory in only_once:
        inside = {name for name, ids in members.items() if advisory.id in ids}
        if advisory.cves:
            assert inside == set(names_of_vulnerabilities(advisory))
        else:
            assert all(name.startswith("CVE-") for name in inside) or len(inside) == 1


@given(advisories=st.lists(_named(), max_size=7))
def test_advisories_without_cves_that_share_a_name_are_in_the_same_groups(advisories: list[AdvisoryNames]) -> None:
    only_once = list({advisory.id: advisory for advisory in advisories}.values())
    groups = group_vulnerabilities(only_once)
    for one in only_once:
        for other in only_once:
            if not one.cves and not other.cves and set(one.others) & set(other.others):
                assert {group.name for group in groups if one.id in group.advisories} == {
                    group.name for group in groups if other.id in group.advisories
                }
