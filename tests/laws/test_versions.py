"""Laws of the version schemes over generated versions, against the real tools where they are installed."""

from __future__ import annotations

import itertools
import random
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import InvalidVersion, Version

from dogwatch.versions import HIGHEST, LOWEST, SCHEMES, VersionScheme, sort_key, successor, why_not_comparable
from tests.requirements import requires_program

every_scheme = pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)

_numbers = st.sampled_from(
    ["0", "00", "1", "01", "2", "9", "10", "191", "192", "255", "256", "288", "8224", "20240101"]
)
_large_numbers = st.integers(0, 1 << 80).map(str)
_any_number = st.one_of(_numbers, _large_numbers)


def _order(left: object, right: object) -> str:
    return "<" if left < right else ">" if left > right else "="  # type: ignore[operator]


@every_scheme
@given(text=st.text(max_size=40))
def test_any_text_has_a_usable_key_or_a_reason(scheme: VersionScheme, text: str) -> None:
    key = scheme.sort_key(text)
    if key is None:
        assert why_not_comparable(scheme.name, text) is not None
    else:
        assert LOWEST < key < successor(key) < HIGHEST
        assert why_not_comparable(scheme.name, text) is None


# --- dpkg -------------------------------------------------------------------------------------------------------------

_dpkg_part = st.lists(
    st.one_of(_any_number, st.sampled_from(["~", "+", ".", "a", "Z", "rc", "deb", "u", "b", "~~"])),
    min_size=1,
    max_size=5,
).map("".join)
_dpkg_versions = st.builds(
    lambda epoch, upstream, revision: epoch + upstream + revision,
    st.sampled_from(["", "0:", "1:", "10:"]),
    st.builds("{}{}".format, _numbers, _dpkg_part),
    st.one_of(st.just(""), _dpkg_part.map("-{}".format)),
)


@given(version=_dpkg_versions, zeros=st.integers(1, 3))
def test_dpkg_equal_forms_have_equal_keys(version: str, zeros: int) -> None:
    key = sort_key("dpkg", version)
    assert key is not None
    if ":" not in version:
        assert sort_key("dpkg", "0" * zeros + ":" + version) == key
    if "-" not in version:
        assert sort_key("dpkg", version + "-" + "0" * zeros) == key


def _made_dpkg_versions(count: int) -> list[str]:
    """Make versions whose late parts differ: a fixed seed, so that a failure can be repeated."""
    chosen = random.Random(20240101)
    atoms = [
        "~",
        "+",
        ".",
        "-",
        "a",
        "Z",
        "rc",
        "deb12u",
        "b",
        "0",
        "00",
        "1",
        "9",
        "10",
        "255",
        "256",
        "18446744073709551616",
    ]
    versions: list[str] = []
    while len(versions) < count:
        text = chosen.choice(["", "1:"]) + "1" + "".join(chosen.choices(atoms, k=chosen.randint(0, 4)))
        if not text.endswith("-"):
            versions.append(text)
    return versions


_COMPARE = """
while read -r left right; do
    if dpkg --compare-versions "$left" lt "$right"; then echo '<'
    elif dpkg --compare-versions "$left" eq "$right"; then echo '='
    else echo '>'
    fi
done
"""


@requires_program("dpkg")
def test_dpkg_itself_orders_generated_versions_as_their_keys_do() -> None:
    versions = _made_dpkg_versions(600)
    pairs = list(zip(versions[::2], versions[1::2], strict=True))
    answer = subprocess.run(
        ["/bin/sh", "-c", _COMPARE],
        input="".join(f"{left} {right}\n" for left, right in pairs),
        capture_output=True,
        text=True,
        check=True,
        timeout=180,
    )
    by_dpkg = list(zip(pairs, answer.stdout.split(), strict=True))
    by_keys = [((left, right), _order(sort_key("dpkg", left), sort_key("dpkg", right))) for left, right in pairs]
    assert by_keys == by_dpkg


# --- rpm --------------------------------------------------------------------------------------------------------------


def _made_rpm_versions(count: int) -> list[str]:
    """Make versions without epoch and release: a fixed seed, so that a failure can be repeated."""
    chosen = random.Random(20240101)
    atoms = ["~", "^", ".", "_", "+", "a", "Z", "rc", "el9", "0", "00", "1", "9", "10", "255", "256", "é"]
    return ["1" + "".join(chosen.choices(atoms, k=chosen.randint(0, 5))) for _ in range(count)]


@pytest.mark.skipif(shutil.which("rpm") is None, reason="live judge: apt-get install -y rpm")
def test_rpm_itself_orders_generated_versions_as_their_keys_do() -> None:
    versions = _made_rpm_versions(4_000)
    pairs = list(zip(versions[::2], versions[1::2], strict=True))
    compared = " ".join(f'print(rpm.vercmp("{left}", "{right}") .. "\\n")' for left, right in pairs)
    answer = subprocess.run(
        ["rpm", "--eval", "%{lua:" + compared + "}"], capture_output=True, text=True, check=True, timeout=60
    )
    relation = {"-1": "<", "0": "=", "1": ">"}
    by_rpm = [(pair, relation[said]) for pair, said in zip(pairs, answer.stdout.split(), strict=True)]
    by_keys = [((left, right), _order(sort_key("rpm", left), sort_key("rpm", right))) for left, right in pairs]
    assert by_keys == by_rpm


# --- PEP 440 ----------------------------------------------------------------------------------------------------------

_separators = st.sampled_from(["", ".", "-", "_"])


def _suffix(words: list[str]) -> st.SearchStrategy[str]:
    number = st.one_of(st.just(""), _any_number)
    return st.one_of(
        st.just(""), st.builds("{}{}{}{}".format, _separators, st.sampled_from(words), _separators, number)
    )


_pep440_versions = st.builds(
    "{}{}{}{}{}{}{}".format,
    st.sampled_from(["", "v", "V"]),
    st.sampled_from(["", "0!", "1!"]),
    st.lists(_any_number, min_size=1, max_size=4).map(".".join),
    _suffix(["a", "alpha", "B", "beta", "c", "rc", "pre", "preview"]),
    st.one_of(_suffix(["post", "rev", "r"]), _numbers.map("-{}".format)),
    _suffix(["dev"]),
    st.one_of(
        st.just(""),
        st.lists(st.sampled_from(["a", "ab", "B", "1", "01", "10", "a1"]), min_size=1, max_size=3).map(
            lambda parts: "+" + ".".join(parts)
        ),
    ),
)


@given(left=_pep440_versions, right=_pep440_versions)
def test_packaging_orders_python_versions_as_their_keys_do(left: str, right: str) -> None:
    left_key, right_key = sort_key("pep440", left), sort_key("pep440", right)
    assert _order(left_key, right_key) == _order(Version(left), Version(right))


@given(text=st.text(alphabet="v0123456789.!+-_abcdeprost ", max_size=14))
def test_a_text_has_a_python_key_exactly_when_packaging_reads_it(text: str) -> None:
    try:
        Version(text)
    except InvalidVersion:
        assert sort_key("pep440", text) is None
    else:
        assert sort_key("pep440", text) is not None


# --- Semantic Versioning ----------------------------------------------------------------------------------------------

_identifiers = st.lists(
    st.one_of(_large_numbers, st.sampled_from(["0", "1", "10", "a", "aa", "A", "-", "a-", "0a", "rc1", "255", "256"])),
    max_size=4,
)
_semver_parts = st.tuples(st.tuples(*[st.one_of(st.integers(0, 3), st.integers(190, 260))] * 3), _identifiers)


def _compare_by_the_book(left: tuple[tuple[int, ...], list[str]], right: tuple[tuple[int, ...], list[str]]) -> str:
    """Sections 9 to 11 of Semantic Versioning 2.0.0, read off as they stand."""
    if left[0] != right[0]:
        return _order(left[0], right[0])
    if bool(left[1]) != bool(right[1]):
        return "<" if left[1] else ">"
    for one, other in itertools.zip_longest(left[1], right[1]):
        if one is None or other is None:
            return "<" if one is None else ">"
        if one.isdigit() != other.isdigit():
            return "<" if one.isdigit() else ">"
        if one.isdigit() and int(one) != int(other):
            return _order(int(one), int(other))
        if not one.isdigit() and one != other:
            return _order(one, other)
    return "="


def _written(parts: tuple[tuple[int, ...], list[str]]) -> str:
    return ".".join(map(str, parts[0])) + ("-" + ".".join(parts[1]) if parts[1] else "")


@given(left=_semver_parts, right=_semver_parts, same_numbers=st.booleans())
def test_semantic_versions_are_ordered_as_the_standard_says(
    left: tuple[tuple[int, ...], list[str]], right: tuple[tuple[int, ...], list[str]], *, same_numbers: bool
) -> None:
    if same_numbers:
        right = (left[0], right[1])
    by_keys = _order(sort_key("semver", _written(left)), sort_key("semver", _written(right)))
    assert by_keys == _compare_by_the_book(left, right)


@given(parts=_semver_parts, prefix=st.sampled_from(["v", "=", "=v", ""]), build=st.sampled_from(["", "+1", "+a.b-c"]))
def test_prefix_and_build_metadata_never_change_a_key(
    parts: tuple[tuple[int, ...], list[str]], prefix: str, build: str
) -> None:
    key = sort_key("semver", _written(parts))
    assert key is not None
    assert sort_key("semver", prefix + _written(parts) + build) == key
