"""The contract of an extractor, asked of every extractor in the catalogue."""

from __future__ import annotations

import importlib
import io
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dogwatch.inventory.extractors
import dogwatch.inventory.programs
from dogwatch.inventory.catalogue import (
    EXTRACTORS,
    FINGERPRINT,
    PROGRAM_READERS,
    READER_VERSION,
    AnyExtractor,
    find_extractor,
    may_hold_wanted_files,
)
from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.extractor import SpooledExtractor
from dogwatch.inventory.limits import DEFAULT_LIMITS, Limits
from dogwatch.inventory.ownership import sift
from dogwatch.model.errors import ContentError

PAGE = Path(__file__).parents[2] / "docs" / "extractors.md"

# A path that each extractor wants, and a directory that it says holds wanted files; empty where they lie anywhere.
PLACES = {
    "os-release": ("etc/os-release", "usr/lib"),
    "dpkg-status": ("var/lib/dpkg/status", "var/lib/dpkg"),
    "dpkg-ownership": ("var/lib/dpkg/info/a.list", "var/lib/dpkg/info"),
    "apk-installed": ("lib/apk/db/installed", "lib/apk/db"),
    "rpm-database": ("var/lib/rpm/Packages", "usr/lib/sysimage/rpm"),
    "rpm-manifest": ("var/lib/rpmmanifest/container-manifest-2", "var/lib/rpmmanifest"),
    "python-metadata": ("x/a.dist-info/METADATA", "x/a.dist-info"),
    "npm-package": ("x/node_modules/a/package.json", "x/node_modules"),
    "npm-lock": ("app/package-lock.json", ""),
    "yarn-lock": ("app/yarn.lock", ""),
    "pnpm-lock": ("app/pnpm-lock.yaml", ""),
    "bun-lock": ("app/bun.lock", ""),
    "python-lock": ("app/poetry.lock", ""),
    "pipfile-lock": ("app/Pipfile.lock", ""),
    "python-requirements": ("app/requirements.txt", ""),
    "python-egg": ("opt/eggs/a-1.0-py3.9.egg", ""),
    "gradle-lock": ("app/gradle.lockfile", ""),
    "maven-project": ("app/pom.xml", ""),
    "nuget-project": ("app/a.csproj", ""),
    "gemfile-lock": ("app/Gemfile.lock", ""),
    "composer-lock": ("app/composer.lock", ""),
    "dotnet-dependencies": ("app/a.deps.json", ""),
    "conda-meta": ("opt/conda/conda-meta/zlib-1.3.1-hb9d3cd8_2.json", "opt/conda/conda-meta"),
    "nuget-lock": ("app/packages.lock.json", ""),
    "nuget-config": ("app/packages.config", ""),
    "cargo-lock": ("app/Cargo.lock", ""),
    "go-mod": ("app/go.mod", ""),
    "go-toolchain": ("usr/local/go/VERSION", ""),
    "pub-lock": ("app/pubspec.lock", ""),
    "mix-lock": ("app/mix.lock", ""),
    "swift-resolved": ("app/Package.resolved", ""),
    "gem-specification": ("specifications/a.gemspec", "specifications"),
    "composer-installed": ("vendor/composer/installed.json", "vendor/composer"),
    "java-pom": ("app/META-INF/maven/g/a/pom.properties", ""),
    "java-archive": ("app/a.jar", ""),
    "java-release": ("opt/java/openjdk/release", ""),
    "known-applications": ("srv/wp-includes/version.php", ""),
    "unread-database": ("var/lib/pacman/local/ALPM_DB_VERSION", "var/lib/pacman"),
}

every_extractor = pytest.mark.parametrize("extractor", EXTRACTORS, ids=lambda extractor: extractor.name)

# Words and marks of all the formats, so that random content gets past the first line of each parser.
WORDS = st.sampled_from(
    [
        *(b"Package", b"Version", b"Status", b"Source", b"Architecture", b"Name", b"ID", b"VERSION_ID", b"PRETTY_NAME"),
        *(b"P:a\n", b"V:1-r0\n", b"o:b\n", b"F:usr/bin\n", b"R:c\n"),
        *(b"name", b"version", b"install ok installed", b"deinstall ok config-files", b"a (1)", b"1.0-1"),
        *(b": ", b":", b"=", b"\n", b"\n\n", b" ", b"\t", b"\r\n", b'"', b"'", b"\\", b"{", b"}", b"[", b"]", b","),
        *(b"/", b"..", b"\0", b"\xff", b"\xc3\xa9", b"\\u0000", b"\\ud800", b"null", b"-1", b"1e999", b"\xef\xbb\xbf"),
        *(b"x.dist-info/METADATA", b"x.egg-info", b"node_modules/a/package.json", b"  ", b"#"),
    ]
)
CONTENTS = st.binary(max_size=400) | st.lists(WORDS, max_size=60).map(b"".join)


def read(extractor: AnyExtractor, path: str, content: bytes, limits: Limits = DEFAULT_LIMITS) -> Extraction:
    if isinstance(extractor, SpooledExtractor):
        return extractor.extract_from(path, io.BytesIO(content), len(content), limits)
    return extractor.extract(path, content, limits)


def _extractors_in_the_folder() -> Iterator[type]:
    for module in pkgutil.iter_modules(dogwatch.inventory.extractors.__path__):
        loaded = importlib.import_module(f"dogwatch.inventory.extractors.{module.name}")
        for value in vars(loaded).values():
            fits = all(hasattr(value, attribute) for attribute in ("name", "version", "wants", "holds", "ecosystem"))
            if isinstance(value, type) and value.__module__ == loaded.__name__ and fits:
                yield value


def test_every_class_in_the_folder_that_fits_the_contract_is_in_the_catalogue() -> None:
    found = sorted(extractor.__name__ for extractor in _extractors_in_the_folder())
    assert found == sorted(type(extractor).__name__ for extractor in EXTRACTORS)


def test_names_are_distinct_and_the_fingerprint_tells_every_version() -> None:
    parts = FINGERPRINT.split(",")
    readers = (*EXTRACTORS, *PROGRAM_READERS)
    assert len({reader.name for reader in readers}) == len(readers)
    assert sorted(parts) == sorted(
        [f"reader={READER_VERSION}", *(f"{reader.name}={reader.version}" for reader in readers)]
    )


@every_extractor
def test_files_of_a_distributions_package_are_known_as_its_own(extractor: AnyExtractor) -> None:
    if not extractor.ecosystem:
        return  # the distribution's own databases
    place, _ = PLACES[extractor.name]
    names = getattr(extractor, "file_names", frozenset({place}))
    paths = {f"usr/share/a/{name}".encode() for name in names}
    assert set(sift(b"".join(path + b"\n" for path in paths), 0)) == paths


@every_extractor
def test_an_extractor_wants_its_files_and_holds_their_directories(extractor: AnyExtractor) -> None:
    path, directory = PLACES[extractor.name]
    assert extractor.wants(path)
    assert extractor.holds(directory) == bool(directory)
    assert find_extractor(path) is extractor
    assert not extractor.endings or path[max(path.rfind("."), path.rfind("/")) + 1 :] in extractor.endings
    assert may_hold_wanted_files(directory) == bool(directory)
    assert not extractor.wants("usr/bin/env")
    assert not extractor.wants("")
    assert not extractor.holds("srv")
    assert not extractor.holds("")


PARTS = [
    "var/lib/dpkg/",
    "status",
    "info/",
    "a",
    ".list",
    "/",
    "@",
    "node_modules/",
    "package.json",
    ".dist-info/METADATA",
]


@given(path=st.lists(st.sampled_from(PARTS)).map("".join))
def test_no_path_is_wanted_by_two_extractors(path: str) -> None:
    assert sum(extractor.wants(path) for extractor in EXTRACTORS) <= 1


@every_extractor
@given(content=CONTENTS)
def test_any_bytes_give_packages_and_gaps_or_a_content_error(extractor: AnyExtractor, content: bytes) -> None:
    path = PLACES[extractor.name][0]
    try:
        found = read(extractor, path, content)
    except ContentError:
        with pytest.raises(ContentError):
            read(extractor, path, content)
        return
    assert isinstance(found, Extraction)
    assert read(extractor, path, content) == found
    assert all(gap.path == path and gap.detail.isprintable() for gap in found.gaps)
    assert list(found.packages) == sorted(set(found.packages))
    for package in found.packages:
        assert package.ecosystem == extractor.ecosystem
        for text in (package.name, package.version):
            assert text
            assert text.isprintable()
            assert len(text) <= DEFAULT_LIMITS.text_chars
        assert bool(package.source_name) == bool(package.source_version)
    owned = [path for each in found.ownership for path in each.paths]
    assert all(path and not path.startswith("/") and ".." not in path.split("/") for path in owned)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Extraction) == found


@every_extractor
@pytest.mark.parametrize(
    "content",
    [
        b"Package: " + b"a" * 300_000,
        b"a" * 300_000,
        b"\n" * 300_000,
        b" " * 300_000,
        b'"' * 300_000,
        b"a" + b" " * 300_000,
        b"a" * 300_000 + b" = ",
        b"{" * 300_000,
        b"node_modules" * 200_000,
        b"ID=" + b"\\" * 200_000,
        b"Source: " + b"(" * 200_000 + b"\nPackage: a\nVersion: 1\n",
        b"Source: " + b"a " * 200_000 + b"\nPackage: a\nVersion: 1\n",
    ],
    ids=lambda content: repr(content[:20]),
)
def test_large_odd_files_take_no_more_than_linear_time(extractor: AnyExtractor, content: bytes) -> None:
    try:
        found = read(extractor, PLACES[extractor.name][0], content, Limits(text_chars=20))
    except ContentError:
        return
    assert len(found.packages) <= 1


def test_every_reader_of_programs_is_in_the_catalogue_and_documented() -> None:
    loaded = [
        importlib.import_module(f"dogwatch.inventory.programs.{module.name}")
        for module in pkgutil.iter_modules(dogwatch.inventory.programs.__path__)
    ]
    readers = [module.READER for module in loaded if hasattr(module, "READER")]
    assert sorted(reader.name for reader in readers) == sorted(reader.name for reader in PROGRAM_READERS)
    assert all(f"| `{reader.name}` |" in PAGE.read_text() for reader in PROGRAM_READERS)


@every_extractor
def test_an_extractor_is_documented(extractor: AnyExtractor) -> None:
    assert f"| `{extractor.name}` |" in PAGE.read_text()
