"""Lock files and lists of installed packages, save JavaScript's: each from a file with every form it knows."""

from __future__ import annotations

import pytest

from dogwatch.inventory.build import build_inventory
from dogwatch.inventory.catalogue import find_extractor
from dogwatch.inventory.evidence import Extraction
from dogwatch.inventory.extractor import SpooledExtractor
from dogwatch.inventory.limits import DEFAULT_LIMITS
from dogwatch.inventory.lock_files import read_tables
from dogwatch.model.errors import MalformedPackageDatabaseError
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.images import Platform
from dogwatch.model.packages import Package, Provenance
from tests.builders import lock_files as files
from tests.builders.layers import file, python_metadata, read_members


def read(path: str, content: str | bytes) -> Extraction:
    extractor = find_extractor(path)
    assert extractor is not None
    assert not isinstance(extractor, SpooledExtractor)
    return extractor.extract(path, content.encode() if isinstance(content, str) else content, DEFAULT_LIMITS)


def listed(ecosystem: str, *packages: str) -> Extraction:
    split = (text.rpartition("@") for text in packages)
    return Extraction(tuple(sorted(Package(ecosystem, name, version) for name, _, version in split)))


FLASK = listed("PyPI", "flask@2.0.0")
GUZZLE = listed("Packagist", "guzzlehttp/guzzle@v7.4.4")
RACK = listed("RubyGems", "rack@2.2.3")
NIO = listed("SwiftURL", "github.example/apple/swift-nio@2.0.0")


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        ("app/Cargo.lock", files.CARGO, listed("crates.io", "serde@1.0.1")),
        ("app/poetry.lock", files.POETRY, FLASK),
        ("app/uv.lock", files.UV, FLASK),
        ("app/pdm.lock", files.PDM, FLASK),
        ("app/pylock.toml", files.PYLOCK, FLASK),
        ("app/Pipfile.lock", files.PIPFILE, FLASK),
        ("requirements.txt", files.REQUIREMENTS, listed("PyPI", "Jinja2@3.0.0", "flask@2.0.0", "six@1.16.0")),
        (
            "app/Gemfile.lock",
            files.GEMFILE,
            listed("RubyGems", "nokogiri@1.13.10", "rails@7.0.0.rc1", "turbolinks@3.0.0"),
        ),
        ("usr/lib/ruby/gems/3.3.0/specifications/rack-2.2.3.gemspec", files.GEMSPEC, RACK),
        ("usr/lib/ruby/gems/3.3.0/specifications/default/rack-2.2.3.gemspec", files.OLD_GEMSPEC, RACK),
        ("app/composer.lock", files.COMPOSER, GUZZLE),
        ("app/vendor/composer/installed.json", files.COMPOSER_2, GUZZLE),
        ("app/lib/composer/installed.json", files.COMPOSER_1, GUZZLE),
        ("opt/conda/envs/a/conda-meta/zlib-1.3.1-hb9d3cd8_2.json", files.CONDA, listed("Conda", "zlib@1.3.1")),
        (
            "app/App.deps.json",
            files.DEPS,
            listed("NuGet", "Newtonsoft.Json@13.0.1", "Microsoft.NETCore.App.Runtime.linux-x64@6.0.1"),
        ),
        ("app/packages.lock.json", files.NUGET, listed("NuGet", "Newtonsoft.Json@13.0.1", "Newtonsoft.Json@13.0.2")),
        ("app/Shop.csproj", files.CSPROJ, listed("NuGet", "Newtonsoft.Json@12.0.1", "Serilog@2.10.0")),
        ("app/Directory.Packages.props", files.PACKAGES_PROPS, listed("NuGet", "Polly@7.2.3")),
        (
            "app/gradle.lockfile",
            files.GRADLE,
            listed("Maven", "com.google.guava:guava@32.0.0-jre", "org.slf4j:slf4j-api@2.0.7"),
        ),
        ("app/packages.config", files.NUGET_CONFIG, listed("NuGet", "Newtonsoft.Json@13.0.1")),
        ("app/pubspec.lock", files.PUB, listed("Pub", "http@0.13.0")),
        ("app/mix.lock", files.MIX, listed("Hex", "jason@1.4.0")),
        ("app/Package.resolved", files.SWIFT_1, NIO),
        ("app/Package.resolved", files.SWIFT_2, NIO),
        (
            "app/go.mod",
            files.GO_MOD,
            listed("Go", "golang.org/x/text@v0.3.0", "rsc.io/quote@v1.5.2", "rsc.io/sampler@v1.3.1"),
        ),
        ("usr/local/go/VERSION", "go1.22.3\ntime 2024\n", listed("Go", "toolchain@1.22.3")),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 80 else "",
)
def test_each_kind_tells_what_a_program_needs_to_run(path: str, content: str, expected: Extraction) -> None:
    assert read(path, content) == expected
    assert read(path, "\ufeff" + content.replace("\n", "\r\n")) == expected or path.endswith(("VERSION", "gemspec"))


def test_a_project_of_maven_lists_what_stands_in_its_file_and_the_rest_is_a_gap() -> None:
    detail = "3 dependencies whose versions the file does not tell, as g.a:managed"
    jackson = "com.fasterxml.jackson.core:jackson-databind@2.15.2"
    expected = listed("Maven", "commons-io:commons-io@2.4", jackson, "g.a:exact@1.2")
    gap = Gap(GapKind.PACKAGE_INCOMPLETE, "app/pom.xml", detail)
    assert read("app/pom.xml", files.POM) == Extraction(expected.packages, (gap,))
    assert find_extractor("app/META-INF/maven/g.p/shop/pom.xml") is None


@pytest.mark.parametrize("hostile", ["<dependency>", "<dependency", "<!--", "<build>", "</dependency><dependency>"])
def test_a_project_of_endless_tags_takes_no_more_than_linear_time(hostile: str) -> None:
    content = hostile * 300_000
    assert read("pom.xml", content).packages == ()
    assert read("a.csproj", content.replace("dependency", "PackageReference")) == Extraction()


def test_a_package_that_two_files_spell_in_two_ways_is_one() -> None:
    metadata, lock = "usr/lib/python3/site-packages/Flask-2.0.0.dist-info/METADATA", "app/poetry.lock"
    layers = [read_members(file(lock, files.POETRY)), read_members(file(metadata, python_metadata("Flask", "2.0.0")))]
    outcome = build_inventory(layers, Platform("linux", "amd64"))
    flask = Package("PyPI", "Flask", "2.0.0")
    assert {package for one in outcome.inventory.sets for package in one.packages} == {flask}
    assert outcome.provenance == (Provenance(flask, 0, (lock,)), Provenance(flask, 1, (metadata,)))


@pytest.mark.parametrize(
    "path",
    [
        "app/node_modules/a/Cargo.lock",
        "usr/lib/python3/site-packages/a/requirements.txt",
        "usr/lib/ruby/gems/3.3.0/gems/a-1/Gemfile.lock",
        "root/go/pkg/mod/a@v1/go.mod",
        "root/.cargo/registry/src/a/Cargo.lock",
        "app/vendor/a/b/composer.lock",
        "app/rack.gemspec",
        "app/myCargo.lock",
        "app/Cargo.lock.bak",
        "app/deps.json",
        "opt/conda/conda-meta/deeper/a.json",
        "opt/conda/conda-meta/history",
        "app/VERSION",
    ],
)
def test_what_came_along_with_a_dependency_or_is_only_called_alike_is_not_wanted(path: str) -> None:
    assert find_extractor(path) is None


@pytest.mark.parametrize(
    ("path", "content", "detail"),
    [
        ("app/Cargo.lock", '[[package]]\nname = "a"\nsource = "x"\n', "a -"),
        ("app/poetry.lock", "[[package]]\n[[package]]\n", "- - and 1 others"),
        ("app/composer.lock", '{"packages": [{"version": "1"}]}', "- 1"),
        ("app/App.deps.json", '{"libraries": {"a": {"type": "package"}}}', "- a"),
        ("app/packages.lock.json", '{"dependencies": {"net8.0": {"a": {"type": "Direct"}}}}', "a -"),
        ("app/packages.config", '<package id="a" />', "a -"),
        ("specifications/a.gemspec", "", "- -"),
    ],
)
def test_an_entry_without_name_or_version_is_a_gap(path: str, content: str, detail: str) -> None:
    gap = Gap(GapKind.PACKAGE_INCOMPLETE, path, f"no usable name and version: {detail}")
    assert read(path, content) == Extraction(gaps=(gap,))


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("app/Pipfile.lock", b"[]"),
        ("app/composer.lock", b'{"packages": {}}'),
        ("app/vendor/composer/installed.json", b"1"),
        ("app/Cargo.lock", b'name = "\xff"'),
        ("app/packages.config", b"\xff"),
        ("app/Package.resolved", b'{"pins": 1}'),
    ],
)
def test_what_is_of_another_kind_is_an_error(path: str, content: bytes) -> None:
    with pytest.raises(MalformedPackageDatabaseError, match=path):
        read(path, content)


def test_directives_of_go_that_make_no_sense_are_passed_over() -> None:
    content = "module\nreplace => a v1\nreplace a v1 b => c\nrequire a\nrequire (\n)\nreplace a =>\nrequire b v1 c\n"
    assert read("app/go.mod", content) == Extraction()


def test_of_goes_own_source_and_of_files_that_only_look_like_its_version_nothing_is_listed() -> None:
    assert read("usr/local/go/src/go.mod", "module std\nrequire golang.org/x/net v0.1.0\n") == Extraction()
    assert read("opt/go/VERSION", "1.2.3\n") == Extraction()
    assert read("opt/go/VERSION", "devel go1.23-abc\n") == listed("Go", "toolchain@devel go1.23-abc")


def test_a_table_has_its_own_keys_on_one_line_and_no_others() -> None:
    text = """
version = 3
[[package]]
name = "a"
name = "b"
groups = '''
version = "1"
'''
checksum = "x"
[package.other]
version = "2"
[[package]]
[other]
name = "c"
"""
    assert list(read_tables(text.split("\n"))) == [{"name": "a"}, {}]
