"""The reference decision about one package and one range."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dogwatch.matching import decide, key_package, why_undetermined
from dogwatch.matching.decide import FOREIGN_KEYS
from dogwatch.model.advisories import AffectedRange
from dogwatch.model.packages import KeyedPackage, Package
from dogwatch.model.verdicts import Verdict
from dogwatch.versions import sort_key


def package(version: str, ecosystem: str = "PyPI", name: str = "a") -> KeyedPackage:
    return key_package(Package(ecosystem, name, version))


def interval(low: str, high: str) -> AffectedRange:
    return AffectedRange("PyPI", "a", "pep440", 1, sort_key("pep440", low), sort_key("pep440", high))


@pytest.mark.parametrize(
    ("version", "verdict"),
    [
        ("0.9", None),
        ("1.0rc1", None),
        ("1.0", Verdict.AFFECTED),
        ("1.9", Verdict.AFFECTED),
        ("2.0", None),
        ("2.0.dev1", Verdict.AFFECTED),
    ],
)
def test_a_version_is_affected_from_the_low_end_up_to_but_not_at_the_high_end(
    version: str, verdict: Verdict | None
) -> None:
    assert decide(package(version), interval("1.0", "2.0")) is verdict


def test_a_range_of_another_package_or_ecosystem_says_nothing_even_if_it_cannot_be_compared() -> None:
    broken = replace(interval("1.0", "2.0"), low=None, high=None, not_comparable="broken")
    for affected in (interval("1.0", "2.0"), broken):
        assert decide(package("1.5", name="b"), affected) is None
        assert decide(package("1.5", ecosystem="npm"), affected) is None


def test_a_range_may_state_that_the_versions_inside_are_not_affected() -> None:
    affected = replace(interval("1.0", "2.0"), stated_verdict=Verdict.NOT_AFFECTED)
    assert decide(package("1.5"), affected) is Verdict.NOT_AFFECTED
    assert decide(package("2.5"), affected) is None


def test_an_exact_version_matches_the_same_text_only_also_without_keys() -> None:
    affected = AffectedRange("PyPI", "a", "pep440", 1, None, None, exact_version="2004d")
    assert decide(package("2004d"), affected) is Verdict.AFFECTED
    assert decide(package("2004e"), affected) is None
    assert decide(package("1.0"), affected) is None
    assert why_undetermined(package("2004e"), affected) == ""


def test_a_version_without_a_key_is_undetermined_with_its_reason() -> None:
    assert decide(package("2004d"), interval("1.0", "2.0")) is Verdict.UNDETERMINED
    assert why_undetermined(package("2004d"), interval("1.0", "2.0")) == "version is not one of its ecosystem"


def test_a_range_that_cannot_be_compared_is_undetermined_with_its_reason_first() -> None:
    affected = replace(interval("1.0", "2.0"), low=None, high=None, not_comparable="broken bound")
    assert decide(package("1.5"), affected) is Verdict.UNDETERMINED
    assert why_undetermined(package("1.5"), affected) == "broken bound"
    assert why_undetermined(package("2004d"), affected) == "broken bound"


def test_keys_made_by_different_rules_are_never_compared() -> None:
    for affected in (
        replace(interval("1.0", "2.0"), scheme="semver"),
        replace(interval("1.0", "2.0"), scheme_number=2),
    ):
        assert decide(package("1.5"), affected) is Verdict.UNDETERMINED
        assert why_undetermined(package("1.5"), affected) == FOREIGN_KEYS


def test_a_comparable_pair_has_no_reason_to_be_undetermined() -> None:
    assert why_undetermined(package("1.5"), interval("1.0", "2.0")) == ""
