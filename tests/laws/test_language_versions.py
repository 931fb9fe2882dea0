"""Laws of the version orders of Maven, RubyGems, NuGet, Composer, Pub and Go, and of npm's own library."""

from __future__ import annotations

import itertools
import random
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dogwatch.versions import sort_key

_MAVEN = Path("/usr/share/maven/lib/maven-artifact-3.x.jar")
_NODE_SEMVER = Path("/usr/lib/node_modules/npm/node_modules/semver")


def _order(left: object, right: object) -> str:
    return "<" if left < right else ">" if left > right else "="  # type: ignore[operator]


def _key(scheme: str, text: str) -> bytes:
    key = sort_key(scheme, text)
    assert key is not None, text
    return key


def _made(atoms: Sequence[str], count: int) -> list[str]:
    """Make versions whose late parts differ: a fixed seed, so that a failure can be repeated."""
    chosen = random.Random(20240101)
    return ["1" + "".join(chosen.choices(atoms, k=chosen.randint(0, 5))) for _ in range(count)]


# --- Maven ------------------------------------------------------------------------------------------------------------

_MAVEN_ATOMS = [".", "-", ".0", "-0", ".1", "-1", "0", "2", "10", "a", "b", "m", "rc", "sp", "x", "ga", "final"]
_MAVEN_ATOMS += ["snapshot", "-alpha", ".beta", "-SNAPSHOT", ".RELEASE", "_", "é", "18446744073709551616"]


@pytest.mark.skipif(not _MAVEN.is_file(), reason="live judge: apt-get install -y maven")
def test_maven_itself_orders_generated_versions_as_their_keys_do() -> None:
    versions = _made(_MAVEN_ATOMS, 6_000)
    main = "org.apache.maven.artifact.versioning.ComparableVersion"
    command = ["java", "-Dfile.encoding=UTF-8", "-Dsun.jnu.encoding=UTF-8", "-cp", str(_MAVEN), main, *versions]
    answer = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=120, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin"}
    )
    said = [line.strip().split(" ") for line in answer.stdout.splitlines() if line.startswith("   ")]
    by_maven = [tuple(line) for line in said]
    assert [(left, right) for left, _, right in by_maven] == list(itertools.pairwise(versions))
    differing = [
        (left, relation.replace("==", "="), right)
        for left, relation, right in by_maven
        if _order(_key("maven", left), _key("maven", right)) != relation.replace("==", "=")
    ]
    assert [pair for pair in differing if not _maven_contradicts_itself(pair[0], pair[2])] == []


def _maven_contradicts_itself(left: str, right: str) -> bool:
    """Whether Maven puts one below and the other above the version that ends where the two begin to differ."""
    one, other = _key("maven", left), _key("maven", right)
    place = next(place for place in range(min(len(one), len(other))) if one[place] != other[place])
    first = sorted((one[place], other[place]))
    return first[0] in (0x0C, 0x0D) and first[1] in (0x11, 0x12, 0x13, 0x1C, 0x1D)


@given(text=st.text(alphabet="01.-abmrcsp_", min_size=1, max_size=12), zeros=st.integers(1, 3))
def test_zeros_releases_and_empty_items_at_the_end_of_a_maven_version_do_not_count(text: str, zeros: int) -> None:
    base = _key("maven", "1" + text + "-1")
    assert _key("maven", "1" + text + "-1" + ".0" * zeros) == base
    assert _key("maven", "1" + text + "-1" + ".ga" * zeros) == base
    assert _key("maven", ("1" + text + "-1").upper()) == base


# --- npm's own library ------------------------------------------------------------------------------------------------

_COMPARE_IN_NODE = """
const semver = require(process.argv[1]);
const lines = require('fs').readFileSync(0, 'utf8').trim().split('\\n');
for (const line of lines) console.log(semver.compare(...line.split(' ')));
"""


@pytest.mark.skipif(not _NODE_SEMVER.is_dir(), reason="live judge: apt-get install -y npm")
def test_npm_itself_orders_generated_versions_as_their_keys_do() -> None:
    chosen = random.Random(20240101)
    identifiers = ["0", "1", "9", "10", "255", "256", "a", "A", "rc", "rc1", "-", "a-", "0a"]
    versions = []
    for _ in range(4_000):
        numbers = ".".join(chosen.choices(["0", "1", "191", "192"], k=3))
        labels = ".".join(chosen.choices(identifiers, k=chosen.randint(0, 4)))
        versions.append(numbers + ("-" + labels if labels else "") + chosen.choice(["", "+1"]))
    pairs = list(zip(versions[::2], versions[1::2], strict=True))
    answer = subprocess.run(
        ["node", "-e", _COMPARE_IN_NODE, str(_NODE_SEMVER)],
        input="".join(f"{left} {right}\n" for left, right in pairs),
        capture_output=True,
        text=True,
        check=True,
        timeout=180,
    )
    relation = {"-1": "<", "0": "=", "1": ">"}
    by_node = [(pair, relation[said]) for pair, said in zip(pairs, answer.stdout.split(), strict=True)]
    assert [(pair, _order(_key("semver", pair[0]), _key("semver", pair[1]))) for pair in pairs] == by_node


# --- RubyGems ---------------------------------------------------------------------------------------------------------

_gem_parts = st.lists(
    st.one_of(st.sampled_from(["0", "1", "9", "10", "192", "256"]), st.sampled_from(["a", "b", "B", "rc", "pre"])),
    max_size=6,
).map(lambda parts: ["1", *parts])


def _by_the_book_of_rubygems(left: list[str], right: list[str]) -> str:
    """Zeros before the first word and at the end dropped, then part by part, where a missing part is 0."""
    for one, other in itertools.zip_longest(_canonical(left), _canonical(right), fillvalue=0):
        if one == other:
            continue
        if isinstance(one, str) != isinstance(other, str):
            return "<" if isinstance(one, str) else ">"
        return _order(one, other)
    return "="


def _canonical(parts: list[str]) -> list[int | str]:
    read: list[int | str] = [int(part) if part.isdigit() else part for part in parts]
    first_word = next((place for place, part in enumerate(read) if isinstance(part, str)), len(read))
    numbers, rest = read[:first_word], read[first_word:]
    for row in (numbers, rest):
        while row and row[-1] == 0:
            row.pop()
    return numbers + rest


@given(left=_gem_parts, right=_gem_parts)
def test_gem_versions_are_ordered_as_rubygems_documents_it(left: list[str], right: list[str]) -> None:
    by_keys = _order(_key("gem", ".".join(left)), _key("gem", ".".join(right)))
    assert by_keys == _by_the_book_of_rubygems(left, right)


# --- NuGet and Pub ----------------------------------------------------------------------------------------------------

_labels = st.lists(
    st.sampled_from(["0", "1", "10", "-1", "-2", "2147483647", "2147483648", "a", "ab", "b-", "-", "rc1"]), max_size=3
)


def _compare_labels(left: list[str], right: list[str], highest: int) -> str:
    """As Semantic Versioning compares pre-releases, where whatever fits in the integer of the platform is a number."""
    if bool(left) != bool(right):
        return "<" if left else ">"
    for one, other in itertools.zip_longest(left, right):
        if one is None or other is None:
            return "<" if one is None else ">"
        read = [int(text) if text.lstrip("-").isdigit() and int(text) <= highest else text for text in (one, other)]
        if isinstance(read[0], int) != isinstance(read[1], int):
            return "<" if isinstance(read[0], int) else ">"
        if read[0] != read[1]:
            return _order(read[0], read[1])
    return "="


@given(left=_labels, right=_labels)
def test_nuget_and_pub_order_pre_releases_by_integers_of_their_own_size(left: list[str], right: list[str]) -> None:
    written = ["1.0.0" + ("-" + ".".join(labels) if labels else "") for labels in (left, right)]
    for scheme, highest in (("nuget", (1 << 31) - 1), ("pub", (1 << 63) - 1)):
        by_keys = _order(_key(scheme, written[0]), _key(scheme, written[1]))
        assert by_keys == _compare_labels(left, right, highest)


# --- Composer ---------------------------------------------------------------------------------------------------------

_composer_numbers = st.lists(st.sampled_from(["0", "1", "01", "9", "10", "255"]), min_size=1, max_size=4)
_stabilities = st.sampled_from(["dev", "alpha", "beta", "RC", "", "patch"])
_STABILITY_ORDER = ["dev", "alpha", "beta", "RC", "", "patch"]


@given(
    left=st.tuples(_composer_numbers, _stabilities, st.integers(0, 300)),
    right=st.tuples(_composer_numbers, _stabilities, st.integers(0, 300)),
)
def test_composer_compares_numbers_then_stability_then_its_number(
    left: tuple[list[str], str, int], right: tuple[list[str], str, int]
) -> None:
    def rank(version: tuple[list[str], str, int]) -> tuple[list[int], int, int]:
        numbers, stability, number = version
        counted = stability not in ("", "dev")
        padded = [int(digits) for digits in numbers] + [0] * (4 - len(numbers))
        return padded, _STABILITY_ORDER.index(stability), number if counted else 0

    def written(version: tuple[list[str], str, int]) -> str:
        numbers, stability, number = version
        return ".".join(numbers) + ("-" + stability if stability else "") + (str(number) if rank(version)[2] else "")

    expected = _order(rank(left), rank(right))
    by_keys = _order(_key("composer", written(left)), _key("composer", written(right)))
    assert by_keys == expected
