"""Entries of records meet packages in the ecosystem that packages tell, whatever else stands beside its name."""

from __future__ import annotations

import json

import pytest

from dogwatch.advisories.osv_document import parse_advisory
from dogwatch.advisories.osv_ecosystems import ecosystem_of
from dogwatch.matching import decide, key_affected_ranges, key_package
from dogwatch.model.advisories import AffectedRange, FixState
from dogwatch.model.packages import Package
from dogwatch.model.verdicts import Verdict
from tests.builders.advisories import osv_record

KERNEL = "pkg:rpm/rocky-linux/kernel"


@pytest.mark.parametrize(
    ("stated", "purl", "expected"),
    [
        ("Maven:https://maven.example.org/releases", "", "Maven"),
        ("Packagist:https://packages.drupal.org/8", "pkg:composer/drupal/core", "Packagist"),
        ("Maven", "pkg:maven/org.example/app", "Maven"),
        ("Debian:12", "pkg:deb/debian/bash?arch=source", "Debian:12"),
        ("Root:Alpine:3.18", "", "Root:Alpine:3.18"),
        ("Red Hat:enterprise_linux:9::appstream", "", "Red Hat:enterprise_linux:9::appstream"),
        ("Rocky Linux:8", f"{KERNEL}?distro=rocky-linux-8-sig-cloud&epoch=0", "Rocky Linux:8:sig-cloud"),
        ("Rocky Linux:8", f"{KERNEL}?epoch=0&distro=rocky-linux-8-sig-cloud", "Rocky Linux:8:sig-cloud"),
        ("Rocky Linux:8", f"{KERNEL}?distro=rocky-linux-8-4-legacy&epoch=0", "Rocky Linux:8"),
        ("Rocky Linux:9", f"{KERNEL}?distro=rocky-linux-9-aarch64&epoch=0", "Rocky Linux:9"),
    ],
)
def test_an_entry_is_of_the_ecosystem_that_packages_tell(stated: str, purl: str, expected: str) -> None:
    assert ecosystem_of(stated, purl) == expected


def test_a_package_meets_what_is_said_of_it_in_any_repository() -> None:
    ecosystem, name = "Packagist:https://packages.drupal.org/8", "drupal/simple_sitemap"
    record = osv_record("DRUPAL-CONTRIB-1", ecosystem=ecosystem, name=name, fixed="4.2.2")
    (found,) = key_affected_ranges(parse_advisory(json.dumps(record).encode()))

    installed = [key_package(Package("Packagist", "drupal/Simple_Sitemap", version)) for version in ("4.2.1", "4.2.2")]
    assert [decide(package, found) for package in installed] == [Verdict.AFFECTED, None]


def test_a_fix_of_another_build_says_nothing_of_a_plain_package_that_has_its_own() -> None:
    record = osv_record("RXSA-1", ecosystem="Rocky Linux:8", name="kernel", fixed="0:4.18.0-425.10.1.el8_7.cloud")
    record["affected"][0]["package"]["purl"] = f"{KERNEL}?distro=rocky-linux-8-sig-cloud&epoch=0"
    (found,) = key_affected_ranges(parse_advisory(json.dumps(record).encode()))

    plain = Package(
        "Rocky Linux:8", "kernel-core", "4.18.0-425.10.1.el8_7", "x86_64", "kernel", "4.18.0-425.10.1.el8_7"
    )
    assert decide(key_package(plain), found) is None


def chainguard(name: str, fixed: str = "", status: str = "", database: object = None) -> tuple[AffectedRange, ...]:
    """The ranges of a record about one package, whose only component has a status; `database` are its own fields."""
    record = osv_record("CGA-1", ecosystem="Wolfi", name=name, fixed=fixed, upstream=("CVE-2026-1001",))
    record["affected"][0]["ecosystem_specific"] = {"components": [{"latest_event_status": status}]}
    record["affected"][0]["database_specific"] = {"source": "https://example.org", "chainguard": database}
    return key_affected_ranges(parse_advisory(json.dumps(record).encode()))


@pytest.mark.parametrize(("name", "is_it"), [("katib", True), ("katib-ui", True), ("katib-db", False)])
def test_a_record_of_wolfi_meets_a_package_by_its_own_name_or_that_of_its_source(name: str, is_it: bool) -> None:
    (found,) = chainguard(name, "1.2-r0")
    installed = [
        key_package(Package("Wolfi", "katib-ui", version, "x86_64", "katib")) for version in ("1.1-r3", "1.2-r0")
    ]
    assert [decide(package, found) for package in installed] == [Verdict.AFFECTED if is_it else None, None]


@pytest.mark.parametrize(
    ("said", "is_it"),
    [({"applies_to_subpackages": False}, False), ({"applies_to_subpackages": True}, True), ({}, True), ("odd", True)],
)
def test_a_record_that_does_not_apply_to_subpackages_means_what_has_its_name_alone(said: object, is_it: bool) -> None:
    ranges = chainguard("katib", "1.2-r0", database=said)
    installed = [key_package(Package("Wolfi", name, "1.1-r3", "x86_64", "katib")) for name in ("katib", "katib-ui")]
    assert [decide(package, *ranges) for package in installed] == [
        Verdict.AFFECTED,
        Verdict.AFFECTED if is_it else None,
    ]


def test_a_version_that_cannot_be_compared_is_undetermined_by_the_name_of_the_source() -> None:
    odd = key_package(Package("Wolfi", "katib-ui", "not a version", "x86_64", "katib"))
    assert [decide(odd, *chainguard(name)) for name in ("katib", "katib-ui")] == [Verdict.UNDETERMINED, None]


@pytest.mark.parametrize(
    ("status", "fixed", "verdict", "fix_state"),
    [
        ("fixed", "1.2-r0", Verdict.AFFECTED, FixState.FIXED),
        ("false_positive_determination", "0", Verdict.NOT_AFFECTED, FixState.UNKNOWN),
        ("true_positive_determination", "", Verdict.AFFECTED, FixState.NOT_FIXED),
        ("pending_upstream_fix", "", Verdict.AFFECTED, FixState.NOT_FIXED),
        ("fix_not_planned", "", Verdict.AFFECTED, FixState.WILL_NOT_FIX),
        ("fix-not-planned", "", Verdict.AFFECTED, FixState.WILL_NOT_FIX),
        ("detection", "", Verdict.UNDETERMINED, FixState.UNKNOWN),
        ("analysis_not_planned", "", Verdict.UNDETERMINED, FixState.UNKNOWN),
        ("a new word", "", Verdict.AFFECTED, FixState.NOT_FIXED),
    ],
)
def test_what_chainguard_says_of_a_component_is_the_state_of_its_package(
    status: str, fixed: str, verdict: Verdict, fix_state: FixState
) -> None:
    (found,) = chainguard("katib", fixed, status)
    package = key_package(Package("Wolfi", "katib", "1.1-r3", "x86_64", "katib"))
    assert (decide(package, found), found.fix_state) == (verdict, fix_state)


def test_what_is_said_of_components_in_another_form_leaves_the_range_as_it_is() -> None:
    record = osv_record("CGA-1", ecosystem="Chainguard", name="katib")
    record["affected"][0]["ecosystem_specific"] = {"components": "none"}
    (found,) = key_affected_ranges(parse_advisory(json.dumps(record).encode()))
    assert found.fix_state is FixState.NOT_FIXED
