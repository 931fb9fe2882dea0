"""Entries of records meet packages in the ecosystem that packages tell, whatever else stands beside its name."""

from __future__ import annotations

import json

import pytest

from dogwatch.advisories.osv_document import parse_advisory
from dogwatch.advisories.osv_ecosystems import ecosystem_of
from dogwatch.matching import decide, key_affected_ranges, key_package
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
