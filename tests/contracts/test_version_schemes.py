"""The contract of a version scheme, asked of every scheme in the catalogue."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import dogwatch.versions
from dogwatch.versions import HIGHEST, MAX_VERSION_CHARACTERS, SCHEMES, VersionScheme

FIXTURES = Path(__file__).parent.parent / "fixtures" / "versions"

ODD_TEXTS = (
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202e1.0",
    "١.٢",
    "²",
    "1.²",
    "é",
    "1" * 100_000,
    "1." * 50_000,
    "-" * 512,
    "~" * 512,
    "1-" * 256,
    "1.0-" + "a." * 250,
    "1.0+" + "a-" * 250,
    "${" * 256,
    "@" * 512,
    "9" * MAX_VERSION_CHARACTERS,
    "1:" * 256,
    "0" * 512,
    "\n1.0\n",
)

every_scheme = pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)


def _schemes_in_the_folder() -> Iterator[type]:
    for module in pkgutil.iter_modules(dogwatch.versions.__path__):
        loaded = importlib.import_module(f"dogwatch.versions.{module.name}")
        own = (value for value in vars(loaded).values() if getattr(value, "__module__", "") == loaded.__name__)
        for value in own:
            fits = all(hasattr(value, attribute) for attribute in ("name", "number", "sort_key"))
            if isinstance(value, type) and fits and value is not VersionScheme:
                yield value


def test_every_class_in_the_folder_that_fits_the_contract_is_in_the_catalogue() -> None:
    assert {scheme.__name__ for scheme in _schemes_in_the_folder()} == {type(scheme).__name__ for scheme in SCHEMES}


def test_names_are_distinct() -> None:
    assert len({scheme.name for scheme in SCHEMES}) == len(SCHEMES)


@every_scheme
def test_a_scheme_fits_the_contract_and_numbers_its_keys(scheme: VersionScheme) -> None:
    assert isinstance(scheme, VersionScheme)
    assert scheme.number >= 1


@every_scheme
@pytest.mark.parametrize("text", ODD_TEXTS, ids=lambda text: repr(text[:8]))
def test_odd_texts_give_a_usable_key_or_none_and_never_raise(scheme: VersionScheme, text: str) -> None:
    key = scheme.sort_key(text)
    assert key is None or b"" < key < HIGHEST


@every_scheme
def test_whitespace_around_a_version_does_not_count(scheme: VersionScheme) -> None:
    assert scheme.sort_key(" \t1.2.3\r\n") == scheme.sort_key("1.2.3") is not None


@every_scheme
def test_a_text_over_the_limit_and_an_unfilled_template_have_no_key(scheme: VersionScheme) -> None:
    assert scheme.sort_key("1" * (MAX_VERSION_CHARACTERS + 1)) is None
    assert scheme.sort_key("1.0-${revision}") is None


@every_scheme
def test_the_longest_accepted_text_keeps_its_key_under_what_an_index_takes(scheme: VersionScheme) -> None:
    for text in ("1." * 255 + "1", "1-" + "a1" * 250, "1+" + "a.1." * 127 + "1"):
        assert len(scheme.sort_key(text) or b"") <= 2_600


def _relations(path: Path) -> list[tuple[str, str, str]]:
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    relations = []
    for line in lines:
        if line and not line.startswith("#"):
            left, relation, right = line.split()
            relations.append((left, relation, right))
    return relations


@every_scheme
def test_the_scheme_keeps_every_line_of_its_fixture_both_ways_round(scheme: VersionScheme) -> None:
    relations = _relations(FIXTURES / f"{scheme.name}.txt")
    assert len(relations) >= 20
    assert _differing(scheme, relations) == []


VECTOR_FILES = {
    "dpkg": ("dpkg",),
    "pep440": ("pep440",),
    "semver": ("npm", "cargo", "go", "hex"),
    "rpm": ("rpm",),
    "apk": ("apk",),
    "pub": ("pub",),
    "maven": ("maven",),
    "gem": ("gem",),
    "nuget": ("nuget",),
    "composer": ("composer",),
    "gotoolchain": ("gotoolchain",),
}


def _rows(path: Path) -> list[list[str]]:
    lines = path.read_text(encoding="utf-8").split("\n")
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


@every_scheme
def test_the_scheme_agrees_with_the_real_tools_on_real_versions(scheme: VersionScheme, real_data: Path) -> None:
    for name in VECTOR_FILES[scheme.name]:
        relations = [(left, relation, right) for left, relation, right in _rows(real_data / "versions" / f"{name}.tsv")]
        assert len(relations) > 200
        assert _differing(scheme, relations) == []


@every_scheme
def test_the_scheme_treats_odd_real_texts_as_the_real_tools_do(scheme: VersionScheme, real_data: Path) -> None:
    rows = [row for row in _rows(real_data / "versions" / "invalid.tsv") if row[0] in VECTOR_FILES[scheme.name]]
    assert len(rows) >= 50
    wrong = []
    for flavour, text, _, expected in rows:
        key = scheme.sort_key(text)
        if not text:
            expected = "none"  # RubyGems takes it for 0; no scheme does
        if (expected == "none" and key is not None) or (expected == "key" and key is None):
            wrong.append((flavour, text, expected))
    assert wrong == []


def _differing(scheme: VersionScheme, relations: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    return [
        (left, relation, right)
        for left, relation, right in relations
        if _order(scheme.sort_key(left), scheme.sort_key(right)) != relation
        or _order(scheme.sort_key(right), scheme.sort_key(left)) != {"<": ">", ">": "<", "=": "="}[relation]
    ]


def _order(left: bytes | None, right: bytes | None) -> str:
    if left is None or right is None:
        return "no key"
    return "<" if left < right else ">" if left > right else "="
