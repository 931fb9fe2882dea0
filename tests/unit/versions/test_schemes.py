"""Keys byte for byte: they are stored, so they must stay what they are between releases of Dogwatch."""

from __future__ import annotations

import pytest

from dogwatch.versions import sort_key


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
