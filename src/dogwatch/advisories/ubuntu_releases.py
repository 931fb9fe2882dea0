"""What Ubuntu's records in the OSV format say of a plain release, where they say it of Ubuntu Pro alone.

A record of a CVE id (`UBUNTU-CVE-…`) has an entry for each release in which a package is affected. Where a fix came
only for Ubuntu Pro, there may be no entry for the plain release, though its package is as vulnerable.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from dogwatch.model.advisories import Advisory, AffectedPackage, RangeEvent, RangeEventKind, StatedRange

_OF_A_CVE: Final = "UBUNTU-CVE-"
_PRO: Final = re.compile(r"Ubuntu:Pro:(\d\d\.\d\d(?::LTS)?)")
"""Extended maintenance of a release; FIPS, real-time kernels and others are builds of their own."""

_LONG_TERM: Final = re.compile(r"Ubuntu:\d[02468]\.04")
_STATE: Final = "will not fix"


def tell_plain_releases(advisory: Advisory) -> Advisory:
    """Add what holds for plain releases; other records than Ubuntu's stay as they are.

    1. A release with long-term support is called so (`Ubuntu:26.04:LTS`), also in records from before it came out.
    2. In a record of a CVE id, a package with an entry for Pro and none for the plain release is affected there as
       well, up to Pro's fix if there is one: whoever has Pro's build has its fix. For the plain release there is none
       and will be none, which is its state.

    A notice (`USN-…`) says of a plain release what another one may say, so nothing follows from what it lacks.
    """
    if not any(each.ecosystem.startswith("Ubuntu:") for each in advisory.affected):
        return advisory
    named = tuple(replace(each, ecosystem=_name(each.ecosystem)) for each in advisory.affected)
    plain = {(each.ecosystem, each.name) for each in named}
    added: list[AffectedPackage] = []
    for each in named if advisory.id.startswith(_OF_A_CVE) else ():
        release = _PRO.fullmatch(each.ecosystem)
        ecosystem = _name(f"Ubuntu:{release[1]}") if release else ""
        if release and (ecosystem, each.name) not in plain:
            added.append(_for_plain(each, ecosystem))
    return replace(advisory, affected=(*named, *added))


def _name(ecosystem: str) -> str:
    return f"{ecosystem}:LTS" if _LONG_TERM.fullmatch(ecosystem) else ecosystem


def _for_plain(pro: AffectedPackage, ecosystem: str) -> AffectedPackage:
    """Return the entry of the plain release: Pro's ranges, capped by its fixes, which are none of the plain release."""
    ranges = tuple(StatedRange(each.type, tuple(_without_fix(event) for event in each.events)) for each in pro.ranges)
    has_fix = any(event.kind is RangeEventKind.FIXED for each in pro.ranges for event in each.events)
    return replace(pro, ecosystem=ecosystem, ranges=ranges, state=_STATE if has_fix else pro.state)


def _without_fix(event: RangeEvent) -> RangeEvent:
    return RangeEvent(RangeEventKind.LIMIT, event.version) if event.kind is RangeEventKind.FIXED else event
