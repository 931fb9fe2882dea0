"""Java runtimes by their file `release`: versions as advisories write them, and files of others."""

from __future__ import annotations

import pytest

from dogwatch.inventory.build import build_inventory
from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.extractors.java_release import EXTRACTOR
from dogwatch.inventory.limits import DEFAULT_LIMITS
from dogwatch.model.images import Platform
from dogwatch.model.packages import Package
from tests.builders.layers import dpkg_status, file, os_release, read_members, stanza


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ('JAVA_VERSION="17.0.21.1"', "17.0.21"),  # Debian's
        ('JAVA_VERSION="11.0.22"\r', "11.0.22"),
        ('JAVA_VERSION="21"', "21.0.0"),
        ('JAVA_VERSION="1.8.0_402"', "8.0.402"),
        ('JAVA_VERSION="1.8.0"', "8.0.0"),
        ("JAVA_VERSION=22.0.1", "22.0.1"),
    ],
)
def test_a_runtime_is_listed_by_the_version_that_advisories_write(line: str, version: str) -> None:
    content = f'IMPLEMENTOR="Us"\nJAVA_RUNTIME_VERSION="9.9.9+1"\n{line}\nMODULES="java.base"\n'.encode()
    found = EXTRACTOR.extract("opt/java/release", content, DEFAULT_LIMITS)
    assert found == Extraction(packages=(Package("Bitnami", "java", version),))


@pytest.mark.parametrize(
    "content", [b"", b"Fedora release 43\n", b'JAVA_VERSION=""\n', b'JAVA_VERSION="22-internal"\n']
)
def test_a_file_of_something_else_says_nothing(content: bytes) -> None:
    assert EXTRACTOR.extract("a/release", content, DEFAULT_LIMITS) == Extraction()


def test_a_runtime_of_the_distribution_is_its_package_and_one_that_was_unpacked_is_listed() -> None:
    of_package, unpacked = "usr/lib/jvm/java-17-openjdk-amd64/release", "opt/jre/release"
    layer = read_members(
        file("etc/os-release", os_release()), file("var/lib/dpkg/status", dpkg_status(stanza("jre"))),
        file("var/lib/dpkg/info/jre.list", f"/{of_package}\n"),
        file(of_package, 'JAVA_VERSION="17.0.21.1"\n'), file(unpacked, 'JAVA_VERSION="17.0.9"\n'),
    )  # fmt: skip
    inventory = build_inventory((layer,), Platform("linux", "amd64")).inventory
    assert [one.packages for one in inventory.sets if one.source == "Bitnami"] == [
        (Package("Bitnami", "java", "17.0.9"),)
    ]
