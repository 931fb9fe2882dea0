"""A package gets the name, version and key it is matched by."""

from __future__ import annotations

import pytest

from dogwatch.matching import is_distribution, key_package
from dogwatch.model.packages import KeyedPackage, Package
from dogwatch.versions import sort_key


def test_a_debian_binary_is_matched_by_its_source_package_and_the_version_of_that() -> None:
    package = Package("Debian:12", "libssl3", "3.0.11-1~deb12u2+b1", "amd64", "openssl", "3.0.11-1~deb12u2")
    assert key_package(package) == KeyedPackage(
        package, "openssl", "3.0.11-1~deb12u2", "dpkg", 1, sort_key("dpkg", "3.0.11-1~deb12u2")
    )


def test_a_source_package_without_a_version_of_its_own_has_the_version_of_the_binary() -> None:
    package = Package("Debian:12", "libssl3", "3.0.11-1", source_name="openssl")
    assert key_package(package).match_version == "3.0.11-1"


def test_a_package_without_a_source_package_ignores_a_stray_source_version() -> None:
    package = Package("PyPI", "Django_REST", "1.0", source_version="9")
    assert key_package(package) == KeyedPackage(package, "django-rest", "1.0", "pep440", 1, sort_key("pep440", "1.0"))


@pytest.mark.parametrize(
    ("ecosystem", "name", "version"),
    [
        ("AlmaLinux:9", "libgcc", "11.4.1-2.el9"),
        ("Amazon Linux:2023", "libgcc", "11.4.1-2.el9"),
        ("Rocky Linux:9", "gcc", "1:11.4.1-2.el9"),
        ("openEuler:24.03-LTS", "gcc", "1:11.4.1-2.el9"),
    ],
)
def test_some_distributions_name_the_binary_and_others_its_source(ecosystem: str, name: str, version: str) -> None:
    package = Package(ecosystem, "libgcc", "11.4.1-2.el9", "x86_64", "gcc", "1:11.4.1-2.el9")
    assert key_package(package) == KeyedPackage(package, name, version, "rpm", 2, sort_key("rpm", version))


@pytest.mark.parametrize(
    ("origin", "reason"),
    [
        ({"vendor": "NodeSource"}, "built by NodeSource, not by the distribution"),
        (
            {"module": "nodejs:18"},
            "built for the module stream nodejs:18, and advisories do not say for which stream they are",
        ),
    ],
)
def test_a_package_of_another_vendor_or_of_a_module_stream_cannot_be_compared(
    origin: dict[str, str], reason: str
) -> None:
    package = Package("Fedora:38", "nodejs", "18.19.0-1", **origin)
    assert key_package(package) == KeyedPackage(package, "nodejs", "18.19.0-1", "rpm", 2, None, reason)


@pytest.mark.parametrize(
    ("ecosystem", "version", "mark"),
    [
        ("Oracle Linux:8", "2:1.1.1k-5.ksplice1.el8_5", "ksplice"),
        ("Oracle Linux:8", "10:1.1.1k-9.el8_7_fips", "_fips"),
        ("Ubuntu:20.04:LTS", "1.1.1f-1ubuntu2.fips.22", "fips"),
        ("Ubuntu:22.04:LTS", "3.0.2-0ubuntu1.18+Fips1", "Fips"),
    ],
)
def test_a_variant_cannot_be_compared_with_the_fixes_of_the_plain_package(
    ecosystem: str, version: str, mark: str
) -> None:
    keyed = key_package(Package(ecosystem, "openssl", version))
    reason = f"built as a variant ({mark}) beside the plain package, whose fixes are numbered otherwise"
    assert (keyed.key, keyed.not_comparable) == (None, reason)
    plain = key_package(Package(ecosystem, "fipscheck", "1.5.0-4.el8"))
    assert (plain.key, plain.not_comparable) == (sort_key(plain.scheme, "1.5.0-4.el8"), "")


def test_a_package_of_a_stream_is_matched_by_its_stream_where_advisories_tell_theirs() -> None:
    package = Package("Red Hat:enterprise_linux:8", "npm", "1:8.19-1.module+el8.8.0+1+a", module="nodejs:16")
    assert key_package(package) == KeyedPackage(
        package, "nodejs:16/npm", package.version, "rpm", 2, sort_key("rpm", package.version)
    )
    untold = Package("Red Hat:enterprise_linux:8", "npm", "1:8.19-1.module+el8.8.0+1+a", module="unnamed")
    reason = "built for a module stream, and it does not say for which"
    assert key_package(untold) == KeyedPackage(untold, "unnamed/npm", untold.version, "rpm", 2, None, reason)


def test_a_version_outside_the_grammar_has_no_key_and_a_reason() -> None:
    package = Package("PyPI", "thing", "2004d")
    assert key_package(package) == KeyedPackage(
        package, "thing", "2004d", "pep440", 1, None, "version is not one of its ecosystem"
    )


def test_an_ecosystem_without_a_scheme_has_no_key_and_a_reason() -> None:
    package = Package("CRAN", "ggplot2", "3.4")
    assert key_package(package) == KeyedPackage(
        package, "ggplot2", "3.4", "", 0, None, "no version order is known for this ecosystem"
    )


@pytest.mark.parametrize(
    ("ecosystem", "answer"),
    [("Debian:12", True), ("Root:Alpine:3.18", True), ("PyPI", False), ("npm", False), ("", False)],
)
def test_only_distributions_judge_packages_of_their_own(ecosystem: str, answer: bool) -> None:
    assert is_distribution(ecosystem) is answer
