"""Package URLs of distributions, as our own and other tools write them."""

from __future__ import annotations

import pytest

from dogwatch.inventory.evidence import OsRelease
from dogwatch.inventory.package_urls import parse_package_url, write_package_url
from dogwatch.model.packages import Package

OURS = [
    (
        "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12&upstream=openssl",
        Package("Debian:12", "libssl3", "3.0.11-1~deb12u2", "amd64", "openssl", "3.0.11-1~deb12u2"),
    ),
    (
        "pkg:deb/ubuntu/zlib1g@1:1.2.11-2?distro=ubuntu-22.04&upstream=zlib%401.2.11-2",
        Package("Ubuntu:22.04:LTS", "zlib1g", "1:1.2.11-2", "", "zlib", "1.2.11-2"),
    ),
    (
        "pkg:apk/alpine/libcrypto3@3.3.1-r3?arch=x86_64&distro=alpine-3.20&upstream=openssl",
        Package("Alpine:v3.20", "libcrypto3", "3.3.1-r3", "x86_64", "openssl", "3.3.1-r3"),
    ),
    (
        "pkg:generic/distribution%20release@Ubuntu:22.04:LTS",
        Package("Distribution releases", "distribution release", "Ubuntu:22.04:LTS"),
    ),
    ("pkg:generic/openssl/openssl@1.1.1w", Package("CPE", "openssl:openssl", "1.1.1w")),
    ("pkg:apk/wolfi/glibc@2.39-r1", Package("Wolfi", "glibc", "2.39-r1", "", "glibc", "2.39-r1")),
    ("pkg:apk/cleanstart/dino@1.0-r0", Package("CleanStart", "dino", "1.0-r0", "", "dino", "1.0-r0")),
    (
        "pkg:apk/alpaquita/expat@2.7.1-r0?distro=alpaquita-stream",
        Package("Alpaquita:stream", "expat", "2.7.1-r0", "", "expat", "2.7.1-r0"),
    ),
    (
        "pkg:rpm/rocky/bind-libs@9.16.23-14.el9?arch=x86_64&distro=rocky-9&epoch=32&upstream=bind-9.16.23-14.el9.src.rpm",
        Package("Rocky Linux:9", "bind-libs", "32:9.16.23-14.el9", "x86_64", "bind", "32:9.16.23-14.el9"),
    ),
    (
        "pkg:rpm/redhat/bash@5.1.8-6.el9?distro=rhel-9&upstream=bash-5.1.8-6.el9.src.rpm",
        Package("Red Hat:enterprise_linux:9", "bash", "5.1.8-6.el9", "", "bash", "5.1.8-6.el9"),
    ),
    (
        "pkg:rpm/redhat/npm@8.19-1.module%2Bel8.8.0%2B1%2Ba?distro=rhel-8&epoch=1&rpmmod=nodejs:16"
        "&upstream=nodejs-16.1-1.module%2Bel8.src.rpm",
        Package(
            *("Red Hat:enterprise_linux:8", "npm", "1:8.19-1.module+el8.8.0+1+a", "", "nodejs"),
            *("1:16.1-1.module+el8", "nodejs:16"),
        ),
    ),
]


@pytest.mark.parametrize(("url", "package"), OURS)
def test_a_package_url_and_its_package_give_each_other(url: str, package: Package) -> None:
    assert write_package_url(package) == url
    assert parse_package_url(url) == package


@pytest.mark.parametrize(
    ("url", "ecosystem"),
    [
        ("pkg:deb/debian/a@1?distro=bookworm", "Debian:12"),
        ("pkg:deb/debian/a@1?distro=debian-12.5", "Debian:12"),
        ("pkg:deb/a@1?distro=debian-12", "Debian:12"),
        ("pkg:deb/debian/a@1", "Debian"),
        ("pkg:apk/alpine/a@1?distro=3.19.1", "Alpine:v3.19"),
        ("pkg:apk/wolfi/a@1?distro=wolfi-20230201", "Wolfi"),
        ("pkg:rpm/redhat/a@1-1?distro=redhat-9.4", "Red Hat:enterprise_linux:9"),
        ("pkg:rpm/oracle/a@1-1?distro=oracle-8.9", "Oracle Linux:8"),
        ("pkg:rpm/amazon/a@1-1?distro=amazon-2023", "Amazon Linux:2023"),
        ("pkg:rpm/opensuse/a@1-1?distro=opensuse-leap-15.5", "openSUSE:Leap 15.5"),
        ("pkg:rpm/opensuse/a@1-1?distro=opensuse-tumbleweed", "openSUSE:Tumbleweed"),
        ("pkg:rpm/elsewhere/a@1-1?distro=elsewhere-7", "elsewhere:7"),
    ],
)
def test_distributions_are_known_by_what_tools_call_them(url: str, ecosystem: str) -> None:
    assert parse_package_url(url).ecosystem == ecosystem


@pytest.mark.parametrize(
    ("url", "module"),
    [
        ("pkg:rpm/redhat/npm@1-1.module%2Bel8?rpmmod=nodejs:16:8070:a", "nodejs:16"),
        ("pkg:rpm/alma/npm@1-1.module_el8?modularitylabel=nodejs:16:8070:a", "nodejs:16"),
        ("pkg:rpm/alma/npm@1-1.module_el8", "unnamed"),
        ("pkg:rpm/alma/npm@1-1.el8", ""),
    ],
)
def test_the_module_stream_is_told_by_a_label_or_its_lack_by_the_release(url: str, module: str) -> None:
    assert parse_package_url(url).module == module


def test_the_documents_distribution_stands_in_under_any_of_its_names() -> None:
    assert (
        parse_package_url("pkg:rpm/redhat/a@1-1", OsRelease("redhat", "8.10")).ecosystem == "Red Hat:enterprise_linux:8"
    )
    assert parse_package_url("pkg:apk/alpine/a@1", OsRelease("debian", "12")).ecosystem == "Alpine"
    assert parse_package_url("pkg:deb/a@1", OsRelease("debian", "12")).ecosystem == "Debian:12"


@pytest.mark.parametrize("url", ["pkg:npm/a", "pkg:rpm/a@1-1?epoch=" + "9" * 600, "pkg:conan/a@1", "pkg:", "a"])
def test_what_names_no_package_that_is_judged_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_package_url(url)
