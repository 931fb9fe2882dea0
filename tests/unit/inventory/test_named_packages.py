"""Packages as people type them."""

from __future__ import annotations

import pytest

from dogwatch.inventory.named_packages import read_ecosystem, read_package
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.packages import Package


@pytest.mark.parametrize(
    ("text", "ecosystem", "package"),
    [
        ("requests@2.30.0", "pypi", Package("PyPI", "requests", "2.30.0")),
        ("@angular/core@1.0", "npm", Package("npm", "@angular/core", "1.0")),
        ("openssl@1:3.0.7-1", "debian:12", Package("Debian:12", "openssl", "1:3.0.7-1")),
        ("pkg:pypi/requests@2.30.0", "", Package("PyPI", "requests", "2.30.0")),
        ("pkg:apk/wolfi/zlib@1", "", Package("Wolfi", "zlib", "1", "", "zlib", "1")),
        ("pkg:deb/debian/a@1", "Debian:12", Package("Debian:12", "a", "1", "", "a", "1")),
    ],
)
def test_a_package_is_named_by_its_url_or_with_its_ecosystem(text: str, ecosystem: str, package: Package) -> None:
    assert read_package(text, ecosystem) == package


@pytest.mark.parametrize(
    ("text", "ecosystem", "field"),
    [
        ("requests", "PyPI", "package"),
        ("requests@", "PyPI", "package"),
        ("@1.0", "npm", "package"),
        ("pkg:pypi/requests", "", "package"),
        ("pkg:github/a/b@1", "", "package"),
        ("a\x00@1", "npm", "package"),
        ("a@1", "", "ecosystem"),
        ("a@1", "\n", "ecosystem"),
        ("a@1", "Debian", "ecosystem"),
        ("a@1", "rhel", "ecosystem"),
        ("a@1", "nmp", "ecosystem"),
        ("a@1", "debain:12", "ecosystem"),
        ("pkg:deb/debian/a@1", "", "ecosystem"),
    ],
)
def test_what_would_find_nothing_for_lack_of_words_is_refused(text: str, ecosystem: str, field: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"^{field}: "):
        read_package(text, ecosystem)


@pytest.mark.parametrize(
    ("text", "ecosystem"),
    [
        ("PYPI", "PyPI"),
        ("cargo", "crates.io"),
        ("debian", "Debian"),
        ("alpine:3.20", "Alpine:v3.20"),
        ("Alpine:v3.20", "Alpine:v3.20"),
        ("ubuntu:22.04", "Ubuntu:22.04:LTS"),
        ("Ubuntu:22.04:LTS", "Ubuntu:22.04:LTS"),
        ("Rocky Linux:9", "Rocky Linux:9"),
        ("rocky:9", "Rocky Linux:9"),
        ("Root:Alpine:3.18", "Root:Alpine:3.18"),
        ("of our own", "of our own"),
        ("Hackage", "Hackage"),
        ("packagist", "Packagist"),
        ("rhel", "Red Hat"),
        ("rocky", "Rocky Linux"),
    ],
)
def test_ecosystems_are_known_however_they_are_spelt(text: str, ecosystem: str) -> None:
    assert read_ecosystem(text) == ecosystem
