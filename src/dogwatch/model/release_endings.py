"""The last days of distributions' releases: facts of our own, and the pseudo-package that stands for a release.

A release past its last day gets no fixes any more, so an image without findings is not a safe one: that is a finding
of its own (decision 0042). `inventory` lists the pseudo-package of every release named here, `advisories.end_of_life`
speaks of those whose last day has passed.

Source:
    Pages of the distributions on their releases, and Amazon Inspector's list of discontinued systems (August 2026);
    where two sources differ, the later day. Releases that end after May 2028 are not in here yet.
"""

from __future__ import annotations

from datetime import date
from typing import Final

RELEASES_ECOSYSTEM: Final = "Distribution releases"
RELEASE_PACKAGE: Final = "distribution release"

LAST_DAYS: Final = {
    ecosystem: date.fromisoformat(day)
    for family, days in {
        "Alpine:v": (
            "3.6 2019-05-01, 3.7 2019-11-01, 3.8 2020-05-01, 3.9 2020-11-01, 3.10 2021-05-01, 3.11 2021-11-01, "
            "3.12 2022-05-01, 3.13 2022-11-01, 3.14 2023-05-01, 3.15 2023-11-01, 3.16 2024-05-23, 3.17 2024-11-22, "
            "3.18 2025-05-09, 3.19 2025-11-01, 3.20 2026-04-01, 3.21 2026-11-01, 3.22 2027-05-01, 3.23 2027-11-01"
        ),
        "Debian:": "7 2018-05-31, 8 2020-06-30, 9 2022-06-30, 10 2024-06-30, 11 2026-08-31",
        # Standard support; what Ubuntu Pro brings is in no image by itself.
        "Ubuntu:": (
            "14.04:LTS 2019-04-25, 16.04:LTS 2021-04-30, 18.04:LTS 2023-05-31, 20.04:LTS 2025-05-31, "
            "19.10 2020-07-17, 20.10 2021-07-22, 21.04 2022-01-20, 21.10 2022-07-14, 22.10 2023-07-20, "
            "23.04 2024-01-25, 23.10 2024-07-11, 24.10 2025-07-10, 25.04 2026-01-15, 25.10 2026-07-09"
        ),
        "Red Hat:enterprise_linux:": "5 2017-03-31, 6 2020-11-30, 7 2024-06-30",
        "CentOS:": "5 2017-03-31, 6 2020-11-30, 7 2024-06-30, 8 2024-05-31, 9 2027-05-31",  # 8 and 9: Stream's
        "Oracle Linux:": "5 2017-06-30, 6 2021-03-31, 7 2024-12-31",
        "Amazon Linux:": "1 2023-12-31, 2 2026-06-30",
        "Fedora:": (
            "34 2022-06-07, 35 2022-12-13, 36 2023-05-16, 37 2023-12-05, 38 2024-05-21, 39 2024-11-26, "
            "40 2025-05-13, 41 2025-12-15, 42 2026-05-13"
        ),
        "openSUSE:Leap ": "15.2 2022-01-04, 15.3 2022-12-31, 15.4 2023-12-07, 15.5 2024-12-31, 15.6 2026-04-30",
        "SUSE:Linux Enterprise Server ": (
            "12_SP5 2024-10-31, 15_SP1 2021-01-31, 15_SP2 2021-12-31, 15_SP3 2022-12-31, 15_SP4 2023-12-31, "
            "15_SP5 2024-12-31, 15_SP6 2025-12-31"
        ),
        "Photon OS:": "1.0 2022-02-28, 2.0 2022-12-31, 3.0 2024-03-01",
        "Azure Linux:": "1 2023-07-31, 2 2025-07-31",
        "Mageia:": "7 2021-06-30, 8 2023-11-30",
    }.items()
    for release, day in (entry.split() for entry in days.split(", "))
    for ecosystem in [family + release.replace("_", " ")]
}
"""Ecosystem with its release → its last day; `_` stands for a space in the names of releases."""
