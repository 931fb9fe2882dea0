"""Keys byte for byte: they are stored, so they must stay what they are between releases of Dogwatch."""

from __future__ import annotations

import pytest

from dogwatch.versions import go_release_version, sort_key


@pytest.mark.parametrize(
    ("scheme", "text", "key"),
    [
        ("dpkg", "1.0", "20 02 21 ae 02 20 02 02 20 02"),
        ("dpkg", "0:1.0-0", "20 02 21 ae 02 20 02 02 20 02"),
        ("dpkg", "1.0~rc1-1", "20 02 21 ae 02 20 01 72 63 02 21 02 02 21 02"),
        ("dpkg", "1:2.36.1-8+deb11u1", "21 02 22 ae 02 44 ae 02 21 02 02 28 ab 64 65 62 02 2b 75 02 21 02"),
        ("dpkg", "1.0a", "20 02 21 ae 02 20 61 02 20 02 02 20 02"),
        ("dpkg", "2147483647:1", "e4 7f ff ff ff 02 21 02 02 20 02"),
        ("pep440", "1.0", "20 21 01 06 02 03 01"),
        ("pep440", "1!2.0rc1", "21 22 01 05 21 02 03 01"),
        ("pep440", "1.0.dev3", "20 21 01 02 02 02 23 01"),
        ("pep440", "1.0+ubuntu.1", "20 21 01 06 02 03 02 03 75 62 75 6e 74 75 01 21 01"),
        ("pep440", "0.0", "20 01 06 02 03 01"),
        ("pep440", "1.288.0", "20 21 e2 01 20 01 06 02 03 01"),
        ("pep440", "1a.post2.dev", "20 21 01 03 20 03 22 02 20 01"),
        ("pep440", "1b2-3", "20 21 01 04 22 03 23 03 01"),
        ("pep440", "1.post1.dev1", "20 21 01 06 03 21 02 21 01"),
        ("semver", "1.2.3", "21 22 23 02"),
        ("semver", "1.2.3-rc.1", "21 22 23 01 fe 72 63 01 21 01"),
        ("semver", "v2.0.0+incompatible", "22 20 20 02"),
        ("semver", "=1", "21 20 20 02"),
        ("rpm", "1.0", "20 21 20 02 01"),
        ("rpm", "0:1.0-1.el9", "20 21 20 02 02 21 04 65 6c 01 29 02"),
        ("rpm", "1.0~rc1-1", "20 21 20 01 04 72 63 01 21 02 02 21 02"),
        ("rpm", "1.0^git1-1", "20 21 20 03 04 67 69 74 01 21 02 02 21 02"),
        ("apk", "1.2.3-r0", "21 22 23 07 20 06"),
        ("apk", "1.2.3_rc1-r0", "21 22 23 04 09 21 07 20 06"),
        ("apk", "1.02.0a-r1", "21 11 30 32 01 10 0f 61 07 21 06"),
        ("apk", "1.2_git20240101~0abc-r2", "21 22 0c 09 e4 01 34 d6 e5 08 30 61 62 63 01 07 22 06"),
        ("pub", "1.2.3", "21 22 23 02 01"),
        ("pub", "1.2.3+1", "21 22 23 02 02 21 01"),
        ("pub", "1.2.3-dev.1+2", "21 22 23 01 fe 64 65 76 01 21 01 02 22 01"),
        ("pub", "1.2.3--1", "21 22 23 01 10 ff ff ff ff ff ff ff ff 01 01"),
        ("gotoolchain", "go1.20", "21 34 20 03"),
        ("gotoolchain", "go1.21", "21 35 01 01"),
        ("gotoolchain", "go1.21rc2", "21 35 01 02 72 63 01 22"),
        ("gotoolchain", "go1.21.0", "21 35 20 03"),
        ("maven", "1.0.0", "21 10"),
        ("maven", "1.0.Final", "21 10"),
        ("maven", "1.0-SNAPSHOT", "21 0c 05 10"),
        ("maven", "1.0-sp1", "21 1c 12 1c 21 10"),
        ("maven", "1.0.1", "21 1d 21 10"),
        ("maven", "1.0.0.Beta-1", "21 0d 0d 02 1c 21 10"),
        ("maven", "31.1-jre", "3f 21 1c 13 6a 72 65 01 10"),
        ("maven", "1.0.ga.1", "21 1d 11 21 10"),
        ("gem", "1.0", "21 04"),
        ("gem", "1.0.a", "21 02 61 01 04"),
        ("gem", "1.0.1", "21 05 fe 21 04"),
        ("gem", "1.0.0.rc1", "21 02 72 63 01 21 04"),
        ("gem", "1.a.0.0.b", "21 02 61 01 03 02 62 01 04"),
        ("nuget", "1.0", "21 20 20 20 02"),
        ("nuget", "1.0.0-Beta.2", "21 20 20 20 01 fe 62 65 74 61 01 22 01"),
        ("nuget", "1.0.0--5", "21 20 20 20 01 10 ff ff ff fb 01"),
        ("composer", "1.0", "21 20 20 20 06"),
        ("composer", "v1.0.0-RC1", "21 20 20 20 05 21 06"),
        ("composer", "1.0-patch2", "21 20 20 20 fe 22 06"),
        ("composer", "1.0.x-dev", "21 20 e3 98 96 7f e3 98 96 7f 02 06"),
        ("composer", "2010-01-02", "e2 07 da 21 22 06"),
    ],
)
def test_a_version_has_its_key_byte_for_byte(scheme: str, text: str, key: str) -> None:
    assert sort_key(scheme, text) == bytes.fromhex(key)


@pytest.mark.parametrize(
    "text", ["1:", ":1.0", "a:1.0", "-1:1.0", "+1:1.0", "2147483648:1", "9" * 500 + ":1", "1:-1", "-1"]
)
def test_dpkg_refuses_a_broken_epoch_or_an_empty_upstream_version(text: str) -> None:
    assert sort_key("dpkg", text) is None


@pytest.mark.parametrize("text", ["1.0-", "1.0 beta", "1.0é", "1.0\x00", "1.0\x7f"])
def test_dpkg_refuses_an_empty_revision_and_what_is_not_printable(text: str) -> None:
    assert sort_key("dpkg", text) is None


@pytest.mark.parametrize(
    "text", ["2004d", "1.0-foo", "0.1-bulbasaur", "1.0+", "1.0.", "1.0+é", "1.0+a..b", "١.٠", "1.0ſt", "1.0\u212a"]
)
def test_pep440_refuses_what_the_standard_does_not_know(text: str) -> None:
    assert sort_key("pep440", text) is None


@pytest.mark.parametrize(
    "text",
    ["1.2.3.4", "1.0.0-a..b", "1.0.0-", "1.0.0+", "1.x", "latest", "(devel)", "^1.2.3", "١.٠", "git+https://a/b"],
)
def test_semver_refuses_wildcards_tags_ranges_and_addresses(text: str) -> None:
    assert sort_key("semver", text) is None


@pytest.mark.parametrize("text", ["", "1:", "0:-1", "-1"])
def test_rpm_refuses_only_an_empty_version(text: str) -> None:
    assert sort_key("rpm", text) is None


@pytest.mark.parametrize("text", ["1.0_foo", "1.0-r", "1.0-r1-r2", "1.0~xyz", "v1", "1..0", "1.0A", "0:1.0", "edge"])
def test_apk_refuses_what_is_outside_its_grammar(text: str) -> None:
    assert sort_key("apk", text) is None


@pytest.mark.parametrize("text", ["1.2", "v1.2.3", "1.2.3.4", "1.2.3-", "1.2.3+a..b", "^1.2.3", "1.2.3-a_b", "any"])
def test_pub_refuses_what_has_not_three_numbers_or_broken_identifiers(text: str) -> None:
    assert sort_key("pub", text) is None


@pytest.mark.parametrize("text", ["devel go1.22-abc", "go01.2", "go1.2.3.4", "go", "go1.21RC1", "1.20x.1", "gopher"])
def test_gotoolchain_refuses_development_builds_and_other_words(text: str) -> None:
    assert sort_key("gotoolchain", text) is None


@pytest.mark.parametrize("text", ["", "1.0\x01a", "1.0\x1fa", "1.0\ud800", "${project.version}", "1.0-@revision@"])
def test_maven_refuses_only_nothing_templates_and_what_is_no_text(text: str) -> None:
    assert sort_key("maven", text) is None


@pytest.mark.parametrize("text", ["1..2", "beta", "v1", "1_0", "1.0-", "1.0+1", "1." + "0." * 251 + "1"])
def test_gem_refuses_what_rubygems_does_and_more_zeros_than_it_counts(text: str) -> None:
    assert sort_key("gem", text) is None


@pytest.mark.parametrize(
    "text", ["v1.0", "1.0.0.0.0", "2147483648", "1.0.9999999999", "1.0-", "1.0-a..b", "1.0-01", "1.0-a_b", "1.*"]
)
def test_nuget_refuses_what_nuget_does(text: str) -> None:
    assert sort_key("nuget", text) is None


@pytest.mark.parametrize(
    "text", ["dev-main", "master", "trunk", "1.0-foo", "1.2.3.4.5", "3.0.0b1.post1", "foo-dev", "^1.0", "9" * 20 + ".0"]
)
def test_composer_gives_no_key_to_branches_and_to_what_it_refuses(text: str) -> None:
    assert sort_key("composer", text) is None


@pytest.mark.parametrize(
    ("release", "version"),
    [
        ("go1.21rc2", "1.21.0-rc.2"),
        ("go1.20", "1.20.0"),
        ("go1.21", "1.21.0"),
        ("go1.21.4", "1.21.4"),
        ("go1", "1.0.0"),
        ("go1.18beta1", "1.18.0-beta.1"),
        ("go1.22.1 X:boringcrypto", "1.22.1"),
        ("go1.20.3-custom", "1.20.3"),
        ("go1.20.3+build", "1.20.3"),
        ("go1.21.9 (Red Hat 1.21.9-1.el9_4)", "1.21.9"),
        ("devel go1.23-a1b2c3", None),
        ("unknown", None),
    ],
)
def test_a_go_release_is_the_semantic_version_that_its_advisories_mean(release: str, version: str | None) -> None:
    assert go_release_version(release) == version
