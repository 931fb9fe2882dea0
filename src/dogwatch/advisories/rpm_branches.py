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


def range_with_fixes(fixed: Iterable[str], elsewhere: Iterable[str] = ()) -> StatedRange:
    """Return the range of the versions that are affected although these were published as fixes.

    Everything below the highest fix is affected, but for what was built for the same minor release as another fix, and
    after it: `7.76.1-23.el9_2.5` has what `7.76.1-23.el9_2.4` fixed, although the next minor release has its fix in
    `7.76.1-26.el9_3.2` only.

    Args:
        fixed: versions with epoch and release. Of those for one minor release the highest counts; of the contexts of
            one module, whose names order nothing, the lowest.
        elsewhere: fixes of streams that go on where a minor release ended, and that few can get. Builds that have them
            are not affected, and to all others the highest of `fixed` is named.
    """
    own = _by_end(fixed)
    highest = max(own.values(), key=_order)
    others = {end: version for end, version in _by_end(elsewhere).items() if end not in own}
    events = [RangeEvent(RangeEventKind.INTRODUCED, "0")]
    for end, version in [*own.items(), *others.items()]:
        if end != version and _order(version) < _order(highest):
            fix = highest if end in others else ""
            events += [RangeEvent(RangeEventKind.FIXED, version, fix), RangeEvent(RangeEventKind.INTRODUCED, end)]
    return StatedRange("ECOSYSTEM", (*events, RangeEvent(RangeEventKind.FIXED, highest)))


def _by_end(fixed: Iterable[str]) -> dict[str, str]:
    """Return the fix that counts of each minor release, by what is above every build for it; without one by itself."""
    by_end: dict[str, str] = {}
    for version in sorted(fixed, key=_order):
        end = _end_of_branch(version) or version
        by_end[end] = by_end[end] if end in by_end and _OF_MODULE.fullmatch(version) else version
    return by_end


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
