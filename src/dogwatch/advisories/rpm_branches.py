"""Where one vulnerability was fixed more than once in one release, in the builds of several minor releases."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from dogwatch.model.advisories import RangeEvent, RangeEventKind, StatedRange
from dogwatch.versions import sort_key

_OF_MODULE: Final = re.compile(r"(?P<before>.*\.module[+_]el\d{1,2}\.)(?P<minor>\d{1,4})\..*")
"""`6.2.17-1.module+el8.10.0+22680+748527fd`: built for 8.10, as build 22680 of the module, in one of its contexts."""

_OF_MINOR: Final = re.compile(
    r"(?P<version>.*-)(?P<first>\d{1,9})(?P<more>(?:\.\d+)*)(?P<tag>\.el\d{1,2}_)(?P<minor>\d{1,4})(?:\.[\d.]+)?"
)
"""`7.76.1-23.el9_2.4`: the fourth build for 9.2 of release 23; kernels count before the tag (`284.62.1.el9_2`)."""

_PARTS_OF_A_KERNEL: Final = 2


def range_with_fixes(fixed: Iterable[str]) -> StatedRange:
    """Return the range of the versions that are affected although these were published as fixes.

    Everything below the highest fix is affected, but for what was built for the same minor release as a lower fix, and
    after it: `7.76.1-23.el9_2.5` has what `7.76.1-23.el9_2.4` fixed, although the next minor release has its fix in
    `7.76.1-26.el9_3.2` only.

    Args:
        fixed: versions with epoch and release. Of those for one minor release the highest counts; of the contexts of
            one module, whose names order nothing, the lowest.
    """
    by_end: dict[str, str] = {}
    for version in sorted(fixed, key=_order):
        end = _end_of_branch(version) or version
        by_end[end] = by_end[end] if end in by_end and _OF_MODULE.fullmatch(version) else version
    *lower, highest = sorted(by_end.items(), key=lambda each: _order(each[1]))
    events = [RangeEvent(RangeEventKind.INTRODUCED, "0")]
    for end, version in lower:
        if end != version:
            events += [RangeEvent(RangeEventKind.FIXED, version), RangeEvent(RangeEventKind.INTRODUCED, end)]
    return StatedRange("ECOSYSTEM", (*events, RangeEvent(RangeEventKind.FIXED, highest[1])))


def _order(version: str) -> bytes:
    return sort_key("rpm", version) or b""


def _end_of_branch(version: str) -> str:
    """Return what is above every build for this one's minor release and below those for the next; empty: not told."""
    if found := _OF_MODULE.fullmatch(version):
        return f"{found['before']}{int(found['minor']) + 1}"
    if (found := _OF_MINOR.fullmatch(version)) is None:
        return ""
    if found["more"].count(".") >= _PARTS_OF_A_KERNEL:
        return f"{found['version']}{int(found['first']) + 1}"
    return f"{found['version']}{found['first']}{found['more']}{found['tag']}{int(found['minor']) + 1}"
