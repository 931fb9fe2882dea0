"""The table of known programs: names of files, the text that holds the version, and what advisories call the program.

Bitnami's advisories speak of most by the versions of their makers; of those that Bitnami does not have, NVD does.

A row is only here once it was tried on real builds. The text around a version is strict: a pre-release, or a version
that somebody's build renamed, matches nothing. Why other programs are not here:
docs/decisions/0043-known-programs.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from dogwatch.model.known_products import CPE_ECOSYSTEM

BITNAMI: Final = "Bitnami"

_THREE: Final = rb"(\d{1,4}\.\d{1,4}\.\d{1,4})"
_END: Final = rb"(?=\0)"  # not taken: the next text begins with it
_BUILD: Final = rb"(?: \([^()\0]{1,80}\))?"  # what a distribution adds: ` (Debian)`


@dataclass(frozen=True, slots=True)
class KnownProgram:
    """One row.

    `name` is that of the advisories of the ecosystem. `file` matches the whole last part of a path; its group, if it
    has one, is the series, which stands in `text` as `{series}`. `text` matches what stands in `section`; its only
    group is the version. Where that says too little, only a version counts that `longer`, a text elsewhere in the
    section, begins with: the longest of them.
    """

    name: str
    file: re.Pattern[str]
    text: bytes
    section: str = ".rodata"
    ecosystem: str = BITNAMI
    longer: bytes = b""

    def pattern(self, file_name: str) -> re.Pattern[bytes] | None:
        """Return what to look for in a file of this name; None if it is none of these."""
        match = self.file.fullmatch(file_name)
        if match is None:
            return None
        series = match[1] if self.file.groups else ""
        return re.compile(self.text.replace(b"{series}", re.escape(series).encode()))


def with_patch(version: str) -> str:
    """Return the version as advisories write it: `16.14` of PostgreSQL is their `16.14.0`."""
    return version if version.count(".") > 1 else f"{version}.0"


def _row(name: str, file: str, text: bytes, section: str = ".rodata") -> KnownProgram:
    return KnownProgram(name, re.compile(file), text, section)


def _product(name: str, file: str, text: bytes) -> KnownProgram:
    """Return the row of a product that NVD judges."""
    return KnownProgram(name, re.compile(file), text, ecosystem=CPE_ECOSYSTEM)


def _numbered(name: str, file: str) -> KnownProgram:
    """Return the row of a program of the Redis family.

    Its version stands alone, beside those of commands and of the compiler. The id of its build, which is printed by no
    format, is the version with host, time and commit behind it, and may follow other constants without a zero.
    """
    longer = rb"(?<![\d.])(\d{1,4}\.\d{1,4}\.\d[^\0]{9,160}[01][0-9a-f]{8})" + _END
    return KnownProgram(name, re.compile(file), rb"\0" + _THREE + _END, longer=longer)


_SO: Final = r"\.so(?:\.\d{1,3}){0,3}"
_BUNDLED: Final = r"(?:-[0-9a-f]{8})?"  # behind the names of libraries that wheels of Python bring along

KNOWN_PROGRAMS: Final = (
    _row("python", rf"(?:lib)?python(3\.\d{{1,2}})(?:{_SO})?", rb"\0({series}\.\d{1,3})" + _END),
    _row("node", rf"node|nodejs|libnode{_SO}", rb"\0node\.js/v" + _THREE + _END),
    _row(
        "php",
        r"php(?:-fpm|-cgi)?(?:\d(?:\.\d)?)?|libphp(?:\d(?:\.\d)?)?\.so",
        rb"\0X-Powered-By: PHP/" + _THREE + _END,
    ),
    _row("ruby", rf"ruby(?:\d\.\d)?|libruby(?:-\d\.\d)?{_SO}", rb"\0ruby " + _THREE + rb"(?:p\d{1,4})? \(\d{4}-"),
    _row("nginx", r"nginx", rb"\0nginx/" + _THREE + _END),
    _row("apache", r"httpd|apache2", rb"\0Apache/" + _THREE + _BUILD + _END),
    _row(
        "postgresql",
        r"postgres",
        rb"\0postgres \(PostgreSQL\) (\d{1,2}(?:\.\d{1,3}){1,2})" + _BUILD + rb"\n" + _END,
    ),
    _row("mariadb", r"mariadbd|mysqld", rb"\0" + _THREE + rb"-MariaDB(?=[\0-])"),
    # InnoDB writes it into its logs. Builds of others put a number of their own behind it.
    _product("oracle:mysql", r"mysqld", rb"\0MySQL " + _THREE + _END),
    _row("pgbouncer", r"pgbouncer", rb"\0PgBouncer " + _THREE + rb"\n?" + _END),
    _row("openldap", r"slapd", rb"\0@\(#\) \$OpenLDAP: slapd " + _THREE + rb"(?:[+~-][0-9a-z.+~-]{1,40})? \("),
    _row("varnish", r"varnishd", rb"\0varnish-" + _THREE + rb" revision [0-9a-f]{40}" + _END),
    # Alone, too; but its releases have two digits in the middle, and no other number in it does.
    _row("envoy", r"envoy", rb"\0(1\.\d{2}\.\d{1,3})" + _END),
    _numbered("redis", r"redis-server"),
    _numbered("valkey", r"valkey-server"),
    _row("memcached", r"memcached", rb"\0memcached " + _THREE + rb"\n?" + _END),
    _row(
        "haproxy",
        r"haproxy",
        rb"\0 version " + _THREE + rb"(?:-[0-9a-z.+~-]{1,40})?, released \d{4}/\d\d/\d\d" + _END,
        ".data",
    ),
    _product(
        "openssl:openssl",
        rf"openssl|libcrypto{_BUNDLED}{_SO}",
        rb"\0OpenSSL (\d{1,2}\.\d{1,2}\.\d{1,3}[a-z]{0,2})(?:-fips)? {1,2}\d{1,2} [A-Z][a-z]{2} \d{4}" + _END,
    ),
    _product("haxx:curl", rf"curl|libcurl(?:-gnutls|-nss)?{_BUNDLED}{_SO}", rb"\0(?:lib)?curl/" + _THREE + _END),
    # Where all its commands are links to one file, that may be the first of them by name.
    _product("busybox:busybox", r"busybox(?:\.\w{1,20})?|\[", rb"\0BusyBox v" + _THREE + _BUILD + _END),
    _product(
        "perl:perl",
        rf"perl(?:5\.\d{{1,2}}\.\d{{1,2}})?|libperl{_SO}",
        rb"\0PERL_INTERNAL_RAND_SEED\0v(5\.\d{1,3}\.\d{1,3})" + _END,
    ),
    _row("git", r"git", rb"(?<![\w/.-])git/" + _THREE + _END),
)
