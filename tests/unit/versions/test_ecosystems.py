"""Which scheme belongs to which ecosystem, and the reserved keys."""

from __future__ import annotations

import pytest

from dogwatch.versions import HIGHEST, LOWEST, family_of, scheme_of, sort_key, speaks_for, successor


@pytest.mark.parametrize(
    ("ecosystem", "scheme"),
    [
        ("Debian", "dpkg"),
        ("Debian:12", "dpkg"),
        ("Debian:sid", "dpkg"),
        ("Ubuntu:22.04:LTS", "dpkg"),
        ("Ubuntu:Pro:FIPS:22.04:LTS", "dpkg"),
        ("Echo", "dpkg"),
        ("Root:Debian:12", "dpkg"),
        ("Root:Ubuntu", "dpkg"),
        ("TuxCare:PyPI", "pep440"),
        ("PyPI", "pep440"),
        ("npm", "semver"),
        ("crates.io", "semver"),
        ("Go", "semver"),
        ("GitHub Actions", "semver"),
        ("Red Hat:enterprise_linux:9::appstream", "rpm"),
        ("Amazon Linux:2023", "rpm"),
        ("Alpine:v3.19", "apk"),
        ("Root:Alpine:3.18", "apk"),
        ("Pub", "pub"),
        ("Maven", "maven"),
        ("Maven:https://maven.example.org/releases", "maven"),
        ("RubyGems", "gem"),
        ("NuGet", "nuget"),
        ("Packagist:https://packages.drupal.org/8", "composer"),
    ],
)
def test_the_part_before_the_first_colon_picks_the_scheme(ecosystem: str, scheme: str) -> None:
    found = scheme_of(ecosystem)
    assert found is not None
    assert found.name == scheme


@pytest.mark.parametrize(
    "ecosystem", ["", ":", "debian", "alpine:v3.19", "maven", "Root:alpine:3.18", "Root", "TuxCare:", "Linux", "PyPI "]
)
def test_an_ecosystem_without_a_scheme_has_none_rather_than_a_guess(ecosystem: str) -> None:
    assert scheme_of(ecosystem) is None


def test_a_rebuilder_stands_for_the_ecosystem_behind_the_colon() -> None:
    assert family_of("Root:Alpine:3.18") == "Alpine"
    assert family_of("Root") == "Root"
    assert family_of("Debian:12") == "Debian"


@pytest.mark.parametrize(
    ("feed", "ecosystem", "expected"),
    [
        ("Debian", "Debian:12", True),
        ("Debian:12", "Debian:12", True),
        ("Debian:12", "Debian:1", False),
        ("Debian:1", "Debian:12", False),
        ("Red Hat:enterprise_linux:9", "Red Hat:enterprise_linux:9::appstream", True),
        ("Alpine", "Root:Alpine:3.18", True),
        ("npm", "PyPI", False),
    ],
)
def test_a_feed_is_about_its_ecosystem_and_about_what_stands_below_it(
    feed: str, ecosystem: str, expected: bool
) -> None:
    assert speaks_for(feed, ecosystem) is expected


def test_the_reserved_keys_enclose_every_version_and_the_successor_follows_at_once() -> None:
    low, key, high = LOWEST, sort_key("semver", "0.0.0-0"), HIGHEST
    assert key is not None
    assert low < key < successor(key) < high
    assert successor(key) == key + b"\x00"
