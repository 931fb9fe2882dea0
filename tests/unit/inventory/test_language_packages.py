"""Python metadata and npm's package.json."""

from __future__ import annotations

import io

import pytest

from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.extractors import npm_package, python_egg, python_metadata
from dogwatch.inventory.limits import DEFAULT_LIMITS
from dogwatch.model.errors import MalformedPackageDatabaseError
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import Package
from tests.builders.jars import build_jar
from tests.builders.layers import python_metadata as metadata_of

PYTHON = python_metadata.EXTRACTOR
NPM = npm_package.EXTRACTOR
METADATA = "usr/lib/python3/dist-packages/Flask-2.0.0.dist-info/METADATA"
MANIFEST = "app/node_modules/left-pad/package.json"


def incomplete(path: str, detail: str) -> Extraction:
    return Extraction(gaps=(Gap(GapKind.PACKAGE_INCOMPLETE, path, f"no usable name and version: {detail}"),))


def test_an_egg_that_is_left_packed_tells_the_distribution_within() -> None:
    path = "usr/lib/python3/site-packages/six-1.16.0-py3.9.egg"

    def read(content: bytes) -> Extraction:
        return python_egg.EXTRACTOR.extract_from(path, io.BytesIO(content), len(content), DEFAULT_LIMITS)

    metadata = {"six.py": b"", "EGG-INFO/PKG-INFO": metadata_of("six", "1.16.0").encode()}
    expected = Extraction(packages=(Package("PyPI", "six", "1.16.0"),))
    assert read(build_jar(metadata)) == read(build_jar(metadata, before=b"#!/bin/sh\n")) == expected
    assert read(build_jar({"six.py": b""})) == read(b"an egg of another kind") == Extraction()
    with pytest.raises(MalformedPackageDatabaseError):
        read(build_jar(metadata)[:-30])


@pytest.mark.parametrize(
    ("path", "is_wanted"),
    [
        (METADATA, True),
        ("x-1.egg-info", True),
        ("a/x.egg-info/PKG-INFO", True),
        ("a/x-1-py3.egg/EGG-INFO/PKG-INFO", True),
        ("setuptools/_vendor/y-1.dist-info/METADATA", True),
        ("a/METADATA", False),
        ("a/PKG-INFO", False),
        ("a/x.dist-info/RECORD", False),
        ("a/x.egg-info/SOURCES.txt", False),
        ("a/x.dist-info/sub/METADATA", False),
    ],
)
def test_metadata_of_installed_distributions_is_wanted(path: str, is_wanted: bool) -> None:
    assert PYTHON.wants(path) is is_wanted


@pytest.mark.parametrize(
    "content",
    [
        b"Metadata-Version: 2.1\nName: Flask\nVersion: 2.0.0\n\nName: other\n",
        b"\xef\xbb\xbfname:Flask\r\nVERSION: 2.0.0 \r\n\r\nbody",
        b"Name: Flask\nSummary: a\n  Version: 9\nVersion: 2.0.0\nVersion: 3\n",
        b"Name: Flask\nAuthor: \xff\nVersion: 2.0.0",
    ],
)
def test_name_and_version_stand_in_the_header(content: bytes) -> None:
    expected = Extraction(packages=(Package("PyPI", "Flask", "2.0.0"),))
    assert PYTHON.extract(METADATA, content, DEFAULT_LIMITS) == expected


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"", "- -"),
        (b"\nName: x\nVersion: 1\n", "- -"),
        (b"Name: x\n\nVersion: 1\n", "x -"),
        (b"Version: 1\n", "- 1"),
        (b"Name: x\xff\nVersion: 1\n", "x� 1"),
        (b"Name: x\nVersion: \x00\n", "x ?"),
    ],
)
def test_metadata_without_name_or_version_is_a_gap(content: bytes, detail: str) -> None:
    assert PYTHON.extract(METADATA, content, DEFAULT_LIMITS) == incomplete(METADATA, detail)


@pytest.mark.parametrize(
    ("path", "is_wanted"),
    [
        (MANIFEST, True),
        ("node_modules/a/package.json", True),
        ("node_modules/@s/a/package.json", True),
        ("node_modules/a/node_modules/b/package.json", True),
        ("node_modules/.pnpm/a@1/node_modules/a/package.json", True),
        ("package.json", False),
        ("app/package.json", False),
        ("node_modules/package.json", False),
        ("node_modules/a/esm/package.json", False),
        ("node_modules/@s/package.json", False),
        ("node_modules/@s/a/esm/package.json", False),
        ("node_modules/.cache/package.json", False),
        ("node_modules/.pnpm/a@1/package.json", False),
        ("my_node_modules/a/package.json", False),
        ("node_modules/a/package.json.orig", False),
    ],
)
def test_only_the_manifest_of_a_package_itself_is_wanted(path: str, is_wanted: bool) -> None:
    assert NPM.wants(path) is is_wanted


@pytest.mark.parametrize(
    ("directory", "is_held"),
    [
        ("node_modules", True),
        ("app/node_modules", True),
        ("app/node_modules/a", True),
        ("app/node_modules/@s", True),
        ("app/node_modules/@s/a", True),
        ("app/node_modules/.bin", False),
        ("app/node_modules/a/lib", False),
        ("app", False),
    ],
)
def test_packages_lie_in_node_modules_scopes_and_their_own_folders(directory: str, is_held: bool) -> None:
    assert NPM.holds(directory) is is_held


@pytest.mark.parametrize(
    "content",
    [
        b'{"name": "left-pad", "version": "1.3.0", "dependencies": {"version": "2"}}',
        b'\xef\xbb\xbf{"version":"1.3.0","name":"left-pad"}',
        b'{"name": "x", "name": "left-pad", "version": "1.3.0"}',
    ],
)
def test_name_and_version_of_a_manifest_are_read(content: bytes) -> None:
    assert NPM.extract(MANIFEST, content, DEFAULT_LIMITS) == Extraction(packages=(Package("npm", "left-pad", "1.3.0"),))


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"{}", "- -"),
        (b'{"name": "a"}', "a -"),
        (b'{"name": "a", "version": 1}', "a 1"),
        (b'{"name": ["a"], "version": "1"}', '["a"] 1'),
        (b'{"name": "a", "version": null}', "a null"),
        (b'{"name": "a", "version": "1\xff"}', 'a "1�"'),
        (b'{"name": ' + b"[" * 500 + b"]" * 500 + b"}", "[" * 100 + "… -"),
        (b'{"name": "a", "version": "1\\u0000"}', "a 1?"),
        (b'{"name": "' + b"a" * 600 + b'", "version": "1"}', "a" * 100 + "… 1"),
    ],
)
def test_a_manifest_without_usable_name_and_version_is_a_gap(content: bytes, detail: str) -> None:
    assert NPM.extract(MANIFEST, content, DEFAULT_LIMITS) == incomplete(MANIFEST, detail)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'"a"', b"\xff", b'{"name": "a\\ud800"}', b"{" + b'"a":{' * 100_000, b"[" * 100_000],
)
def test_what_is_no_manifest_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedPackageDatabaseError):
        NPM.extract(MANIFEST, content, DEFAULT_LIMITS)
