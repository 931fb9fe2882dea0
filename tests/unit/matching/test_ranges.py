"""An affected entry becomes affected ranges."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dogwatch.matching import key_affected_package, key_affected_ranges
from dogwatch.matching.ranges import EMPTY_LISTED, FOREIGN_SCHEME, NO_VERSIONS, UNKNOWN_TYPE
from dogwatch.model.advisories import (
    Advisory,
    AffectedPackage,
    AffectedRange,
    FixState,
    RangeEvent,
    RangeEventKind,
    SeverityFact,
    StatedRange,
)
from dogwatch.model.verdicts import Verdict
from dogwatch.versions import HIGHEST, LOWEST, sort_key, successor

HIGH_WORD = (SeverityFact("TEXT", "HIGH"),)
LOW_WORD = (SeverityFact("TEXT", "LOW"),)


def key(text: str, scheme: str = "pep440") -> bytes:
    found = sort_key(scheme, text)
    assert found is not None
    return found


def stated(*events: tuple[str, str], type: str = "ECOSYSTEM") -> StatedRange:
    return StatedRange(type, tuple(RangeEvent(RangeEventKind(kind), version) for kind, version in events))


def test_a_range_becomes_an_interval_under_the_normalised_name_with_the_texts_to_show() -> None:
    entry = AffectedPackage("PyPI", "Foo.Bar", (stated(("introduced", "0"), ("fixed", "1.2")),))
    assert key_affected_package(entry, HIGH_WORD) == (
        AffectedRange(
            "PyPI",
            "foo-bar",
            "pep440",
            1,
            LOWEST,
            key("1.2"),
            introduced="0",
            fixed="1.2",
            fixed_key=key("1.2"),
            fix_state=FixState.FIXED,
            severity=HIGH_WORD,
        ),
    )


def test_the_severity_of_the_entry_replaces_that_of_the_advisory() -> None:
    entry = AffectedPackage("npm", "a", (stated(("introduced", "0"), type="SEMVER"),), severity=LOW_WORD)
    assert [found.severity for found in key_affected_package(entry, HIGH_WORD)] == [LOW_WORD]


def test_listed_versions_are_kept_only_where_no_interval_covers_them() -> None:
    entry = AffectedPackage(
        "PyPI",
        "a",
        (stated(("introduced", "1"), ("fixed", "2")), stated(("introduced", "1.5"), ("last_affected", "3"))),
        ("1", "1.0.0", "2", "2.5", "3.0", "4", "4.0", "0.9", "2004d", "2004d"),
    )
    blank = AffectedRange("PyPI", "a", "pep440", 1, None, None)
    assert key_affected_package(entry)[2:] == (
        replace(blank, low=key("4"), high=successor(key("4")), introduced="4", last_affected="4"),
        replace(blank, low=key("0.9"), high=successor(key("0.9")), introduced="0.9", last_affected="0.9"),
        replace(blank, exact_version="2004d"),
    )


def test_an_empty_listed_version_is_reported_and_does_not_hide_the_others() -> None:
    assert [
        (found.exact_version, found.not_comparable)
        for found in key_affected_package(AffectedPackage("PyPI", "a", (), ("", "x")))
    ] == [("", EMPTY_LISTED), ("x", "")]


def test_a_range_with_an_unusable_bound_stays_with_its_reason_and_texts_and_listed_versions_still_count() -> None:
    entry = AffectedPackage(
        "PyPI",
        "a",
        (stated(("introduced", "0"), ("fixed", "2004d"), ("introduced", "3"), ("last_affected", "4")),),
        ("1.0",),
    )
    broken, listed = key_affected_package(entry)
    assert broken == AffectedRange(
        "PyPI",
        "a",
        "pep440",
        1,
        None,
        None,
        not_comparable="bound of the affected range: version is not one of its ecosystem",
        introduced="0, 3",
        fixed="2004d",
        last_affected="4",
    )
    assert (listed.low, listed.high) == (key("1.0"), successor(key("1.0")))


@pytest.mark.parametrize(
    ("ecosystem", "type", "reason"),
    [
        ("CRAN", "ECOSYSTEM", "no version order is known for this ecosystem"),
        ("CRAN", "SEMVER", "no version order is known for this ecosystem"),
        ("PyPI", "SEMVER", FOREIGN_SCHEME),
        ("PyPI", "GIT", UNKNOWN_TYPE),
        ("npm", "SEMVER", ""),
        ("npm", "ECOSYSTEM", ""),
        ("Debian:12", "ECOSYSTEM", ""),
    ],
)
def test_a_range_is_usable_only_in_the_order_of_its_ecosystem(ecosystem: str, type: str, reason: str) -> None:
    (found,) = key_affected_package(AffectedPackage(ecosystem, "a", (stated(("introduced", "0"), type=type),)))
    assert found.not_comparable == reason
    assert (found.low, found.high) == ((None, None) if reason else (LOWEST, HIGHEST))


def test_listed_versions_of_an_ecosystem_without_a_scheme_match_by_their_text() -> None:
    (found,) = key_affected_package(AffectedPackage("CRAN", "a", (), ("1.0", "1.0")))
    assert found == AffectedRange("CRAN", "a", "", 0, None, None, exact_version="1.0")


def test_an_entry_that_names_no_versions_is_not_comparable_rather_than_silent() -> None:
    (found,) = key_affected_package(AffectedPackage("PyPI", "a", state="something new"))
    assert found.not_comparable == NO_VERSIONS
    assert found.stated_verdict is Verdict.AFFECTED


@pytest.mark.parametrize(
    ("state", "verdict", "fix_state"),
    [
        ("not affected", Verdict.NOT_AFFECTED, FixState.UNKNOWN),
        ("will not fix", Verdict.AFFECTED, FixState.WILL_NOT_FIX),
        ("deferred", Verdict.AFFECTED, FixState.DEFERRED),
        ("end of life", Verdict.AFFECTED, FixState.END_OF_LIFE),
    ],
)
def test_an_outright_state_alone_holds_for_every_version(state: str, verdict: Verdict, fix_state: FixState) -> None:
    (found,) = key_affected_package(AffectedPackage("Debian:12", "a", state=state))
    assert (found.low, found.high) == (LOWEST, HIGHEST)
    assert (found.stated_verdict, found.fix_state) == (verdict, fix_state)


def test_a_state_names_the_missing_fix_and_never_overrides_one_that_exists() -> None:
    entry = AffectedPackage(
        "Debian:12",
        "a",
        (stated(("introduced", "0"), ("fixed", "1"), ("introduced", "2")),),
        state="will not fix",
    )
    assert [found.fix_state for found in key_affected_package(entry)] == [FixState.FIXED, FixState.WILL_NOT_FIX]


@pytest.mark.parametrize(
    ("ecosystem", "verdicts"),
    [("Debian:12", [Verdict.NOT_AFFECTED]), ("PyPI", [Verdict.AFFECTED])],
)
def test_a_fix_in_version_zero_is_a_mark_of_never_affected_in_distributions(
    ecosystem: str, verdicts: list[Verdict]
) -> None:
    entry = AffectedPackage(ecosystem, "a", (stated(("introduced", "0"), ("fixed", "0")),))
    found = key_affected_package(entry)
    assert [one.stated_verdict for one in found] == verdicts
    if ecosystem == "Debian:12":
        assert (found[0].low, found[0].high, found[0].fixed) == (LOWEST, HIGHEST, "")


def test_a_listed_version_stays_affected_beside_a_range_that_was_never_affected() -> None:
    entry = AffectedPackage("Debian:12", "a", (stated(("introduced", "0"), ("fixed", "0")),), ("1.0-1",))
    assert [found.stated_verdict for found in key_affected_package(entry)] == [Verdict.NOT_AFFECTED, Verdict.AFFECTED]


def test_an_empty_interval_says_nothing() -> None:
    assert key_affected_package(AffectedPackage("PyPI", "a", (stated(("introduced", "1"), ("fixed", "1.0")),))) == ()


def test_an_advisory_gives_each_statement_once_with_its_own_severity() -> None:
    at = datetime(2026, 7, 15, tzinfo=UTC)
    entry = AffectedPackage("PyPI", "a", (stated(("introduced", "0"), ("fixed", "1")),))
    advisory = Advisory(
        "osv",
        "PYSEC-1",
        at,
        None,
        None,
        "",
        "",
        affected=(entry, entry, AffectedPackage("npm", "A", (), ("1.0.0",))),
        severity=HIGH_WORD,
    )
    assert key_affected_ranges(advisory) == (
        *key_affected_package(entry, HIGH_WORD),
        *key_affected_package(advisory.affected[2], HIGH_WORD),
    )
    of_two = replace(advisory, upstream=("CVE-2026-1000", "CVE-2026-1001"), affected=(entry,))
    assert key_affected_ranges(of_two) == key_affected_package(entry, (SeverityFact("SEVERAL_TEXT", "HIGH"),))


@pytest.mark.parametrize(
    ("name", "upstream", "affects"),
    [
        ("ALBA-2026:1", (), False),
        ("RHEA-2026:1", (), False),
        ("ALBA-2026:1", ("CVE-2026-1000",), True),
        ("ALSA-2026:1", (), True),
    ],
)
def test_a_notice_of_bugs_affects_no_package_unless_it_names_a_vulnerability(
    name: str, upstream: tuple[str, ...], affects: bool
) -> None:
    entry = AffectedPackage("PyPI", "a", (stated(("introduced", "0"), ("fixed", "1")),))
    at = datetime(2026, 7, 1, tzinfo=UTC)
    advisory = Advisory("osv", name, at, None, None, "", "", upstream=upstream, affected=(entry,))
    assert bool(key_affected_ranges(advisory)) is affects
