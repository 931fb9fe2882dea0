"""The last days of distributions' releases: facts of our own, and the pseudo-package that stands for a release.

A release past its last day gets no fixes any more, so an image without findings is not a safe one: that is a finding
of its own (decision 0042). `inventory` lists the pseudo-package of every release named here, `advisories.end_of_life`
speaks of those whose last day has passed.

Each row has the page on which its publisher says when it ends: its own where there is one, else that of all releases.
Days that are not told to the day there were compared with other lists (decision 0042). Where two differ, the later day
counts. Releases that end after May 2028 are not in here yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

RELEASES_ECOSYSTEM: Final = "Distribution releases"
RELEASE_PACKAGE: Final = "distribution release"


class _Family(NamedTuple):
    """Releases of one distribution that one page tells of: how their ecosystem begins, the page, and `release day, …`.

    `_` stands for a space in the names of releases.
    """

    beginning: str
    page: str
    days: str


_FAMILIES: Final = (
    _Family(
        "Alpine:v",
        "https://alpinelinux.org/releases/",
        "3.6 2019-05-01, 3.7 2019-11-01, 3.8 2020-05-01, 3.9 2020-11-01, 3.10 2021-05-01, 3.11 2021-11-01, "
        "3.12 2022-05-01, 3.13 2022-11-01, 3.14 2023-05-01, 3.15 2023-11-01, 3.16 2024-05-23, 3.17 2024-11-22, "
        "3.18 2025-05-09, 3.19 2025-11-01, 3.20 2026-04-01, 3.21 2026-11-01, 3.22 2027-05-01, 3.23 2027-11-01",
    ),
    # With long-term support, which everybody gets.
    _Family("Debian:", "https://www.debian.org/releases/wheezy/", "7 2018-05-31"),
    _Family("Debian:", "https://www.debian.org/releases/jessie/", "8 2020-06-30"),
    _Family("Debian:", "https://www.debian.org/releases/stretch/", "9 2022-06-30"),
    _Family("Debian:", "https://www.debian.org/releases/buster/", "10 2024-06-30"),
    _Family("Debian:", "https://www.debian.org/releases/bullseye/", "11 2026-08-31"),
    _Family(
        "Ubuntu:",  # standard support; what Ubuntu Pro brings is in no image by itself
        "https://ubuntu.com/about/release-cycle",
        "14.04:LTS 2019-04-25, 16.04:LTS 2021-04-30, 18.04:LTS 2023-05-31, 20.04:LTS 2025-05-31, 22.04:LTS 2027-06-01",
    ),
    _Family(
        "Ubuntu:",  # the releases in between
        "https://wiki.ubuntu.com/Releases",
        "19.10 2020-07-17, 20.10 2021-07-22, 21.04 2022-01-20, 21.10 2022-07-14, 22.10 2023-07-20, "
        "23.04 2024-01-25, 23.10 2024-07-11, 24.10 2025-07-10, 25.04 2026-01-15, 25.10 2026-07-09",
    ),
    _Family(
        "Red Hat:enterprise_linux:",
        "https://access.redhat.com/support/policy/updates/errata",
        "5 2017-03-31, 6 2020-11-30, 7 2024-06-30",
    ),
    _Family("CentOS:", "https://wiki.centos.org/About/Product", "5 2017-03-31, 6 2020-11-30"),
    _Family(
        "CentOS:",  # 8: Stream's
        "https://blog.centos.org/2023/04/end-dates-are-coming-for-centos-stream-8-and-centos-linux-7/",
        "7 2024-06-30, 8 2024-05-31",
    ),
    _Family("CentOS:", "https://www.centos.org/download/", "9 2027-05-31"),  # Stream's
    _Family(
        "Oracle Linux:",
        "https://www.oracle.com/a/ocom/docs/elsp-lifetime-069338.pdf",
        "5 2017-06-30, 6 2021-03-31, 7 2024-12-31",
    ),
    _Family("Amazon Linux:", "https://aws.amazon.com/amazon-linux-ami/faqs/", "1 2023-12-31"),
    _Family("Amazon Linux:", "https://aws.amazon.com/amazon-linux-2/faqs/", "2 2026-06-30"),
    _Family(
        "Fedora:",
        "https://docs.fedoraproject.org/en-US/releases/eol/",
        "34 2022-06-07, 35 2022-12-13, 36 2023-05-16, 37 2023-12-05, 38 2024-05-21, 39 2024-11-26, "
        "40 2025-05-13, 41 2025-12-15, 42 2026-05-13",
    ),
    _Family("Fedora:", "https://fedorapeople.org/groups/schedule/f-43/f-43-key-tasks.html", "43 2026-12-09"),
    _Family("Fedora:", "https://fedorapeople.org/groups/schedule/f-44/f-44-key-tasks.html", "44 2027-06-02"),
    _Family(
        "openSUSE:Leap ",
        "https://en.opensuse.org/Lifetime",
        "15.2 2022-01-04, 15.3 2022-12-31, 15.4 2023-12-07, 15.5 2024-12-31, 15.6 2026-04-30, 16.0 2027-10-31",
    ),
    _Family(
        "SUSE:Linux Enterprise Server ",  # general support
        "https://www.suse.com/lifecycle",
        "12_SP5 2024-10-31, 15_SP1 2021-01-31, 15_SP2 2021-12-31, 15_SP3 2022-12-31, 15_SP4 2023-12-31, "
        "15_SP5 2024-12-31, 15_SP6 2025-12-31",
    ),
    _Family("Photon OS:", "https://github.com/vmware/photon/wiki", "1.0 2022-02-28, 2.0 2022-12-31, 3.0 2024-03-01"),
    _Family(
        "Azure Linux:",
        "https://learn.microsoft.com/azure/azure-linux/release-cadence-lifecycle",
        "1 2023-08-31, 2 2025-07-31, 3 2027-08-31",
    ),
    _Family("Mageia:", "https://www.mageia.org/en/support/", "7 2021-06-30, 8 2023-11-30"),
)

_ENDINGS: Final = tuple(
    (family.beginning + release.replace("_", " "), date.fromisoformat(day), family.page)
    for family in _FAMILIES
    for release, day in (entry.split() for entry in family.days.split(", "))
)
LAST_DAYS: Final[Mapping[str, date]] = {ecosystem: day for ecosystem, day, _ in _ENDINGS}
"""Ecosystem with its release → its last day."""

PAGES: Final[Mapping[str, str]] = {ecosystem: page for ecosystem, _, page in _ENDINGS}
"""Ecosystem with its release → the page of its publisher that tells of it."""


def end_of(last_day: date) -> datetime:
    """Return the moment from which a release is past its last day."""
    return datetime.combine(last_day + timedelta(days=1), time(), UTC)


def why_nothing_follows(release: str, now: datetime) -> str:
    """Say that a release gets no fixes any more; empty where it does, or nobody knows.

    Args:
        release: its ecosystem (`Debian:10`), or any other.
        now: the moment of the question.
    """
    last_day = LAST_DAYS.get(release)
    if last_day is None or now < end_of(last_day):
        return ""
    return f"{release} is past its end of life ({last_day}): its distribution publishes no fixes for it any more"
