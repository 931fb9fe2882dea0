"""Who built a package of the distribution's kind that is not the distribution's: PPAs, NodeSource, EPEL and others.

The distribution's advisories say nothing of such packages: their versions are numbered differently, and so are their
fixes (decision 0038). Strings only.
"""

from __future__ import annotations

import re
from typing import Final

# What third parties put into the versions of their Debian packages, beside the version that the distribution has.
_VERSION_MARKS: Final = (
    (re.compile(r"nodesource"), "NodeSource"),
    (re.compile(r"[.~+]pgdg"), "PostgreSQL Global Development Group"),
    (re.compile(r"deb\.sury\.org"), "deb.sury.org"),
    (re.compile(r"[+~]maria~"), "MariaDB"),
    (re.compile(r"ppa\d|[+~]ppa"), "a personal package archive"),
)
# The domains of maintainers that sign for a company's own archive; Debian's and Ubuntu's sign for themselves.
_MAINTAINER_DOMAINS: Final = {
    "docker.com": "Docker",
    "elastic.co": "Elastic",
    "f5.com": "NGINX",
    "grafana.com": "Grafana",
    "hashicorp.com": "HashiCorp",
    "mariadb.com": "MariaDB",
    "mongodb.com": "MongoDB",
    "nginx.com": "NGINX",
    "nodesource.com": "NodeSource",
    "oss.oracle.com": "MySQL",
    "percona.com": "Percona",
    "redis.io": "Redis",
}
_ADDRESS = re.compile(r"<[^<>@\s]+@([^<>@\s]+)>")
_OWN_ORIGINS: Final = frozenset({"debian", "echo", "ubuntu"})


def find_debian_vendor(version: str, maintainer: str, origin: str) -> str:
    """Return who built a Debian package if that shows in its version, maintainer or origin; empty if it does not.

    Args:
        version: as dpkg has it.
        maintainer: name and address. Those of Debian are persons and teams with addresses of any kind.
        origin: the field of that name; hardly any package has it.
    """
    if origin and origin.lower() not in _OWN_ORIGINS:
        return origin
    for mark, vendor in _VERSION_MARKS:
        if mark.search(version):
            return vendor
    address = _ADDRESS.search(maintainer)
    return _MAINTAINER_DOMAINS.get(address[1].lower(), "") if address else ""


def is_own_vendor(vendor: str, own: tuple[str, ...]) -> bool:
    """Say whether the vendor in an rpm is the distribution itself.

    Args:
        vendor: as the package names it; where it names none, nothing speaks against the distribution.
        own: how the distribution's names begin, in lower case; none: nobody knows them.
    """
    return not vendor or not own or vendor.lower().startswith(own)
