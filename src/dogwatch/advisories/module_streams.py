"""For which module stream an advisory is: rebuilds of Red Hat's distributions name it in their titles alone.

`Important: nodejs:18 security update` speaks of packages with `.module` in their versions, and of those of that stream.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from dogwatch.advisories.rpm_branches import range_with_fixes
from dogwatch.matching.aliases import is_notice
from dogwatch.model.advisories import Advisory, AffectedPackage, RangeEvent, RangeEventKind, StatedRange
from dogwatch.versions import UNNAMED_STREAM, family_of, name_in_stream

_FAMILIES: Final = frozenset({"AlmaLinux", "Oracle Linux", "Rocky Linux"})
_STREAM: Final = re.compile(r"(?<![\w.+:-])[A-Za-z0-9][\w.+-]*:[A-Za-z0-9][\w.+-]*(?![\w.+:-])")
_OF_MODULE: Final = re.compile(r"\.module[+_]el\d")
_EVERYTHING: Final = StatedRange("ECOSYSTEM", (RangeEvent(RangeEventKind.INTRODUCED, "0"),))


def tell_streams(advisory: Advisory) -> Advisory:
    """Return an advisory whose statements about packages of modules are about those of the streams in its title.

    A title may name several (`virt:rhel and virt-devel:rhel`); a package is of one of them, so each statement is made
    of all. Beside it stands one that meets packages of which only that they are of some stream is known. Where the
    title names none, that one stands alone, and the rest could not be read.
    """
    if is_notice(advisory) or not any(_module_fixes(one) for one in advisory.affected):
        return advisory
    streams = _STREAM.findall(advisory.summary)
    unread = () if streams else ("does not say for which module stream its packages are",)
    return replace(advisory, affected=tuple(_restate(advisory, streams)), unread=(*advisory.unread, *unread))


def _module_fixes(affected: AffectedPackage) -> list[str]:
    """Return the versions of modules that an entry names as fixes; none for what is of no module."""
    if family_of(affected.ecosystem) not in _FAMILIES:
        return []
    events = (event for stated in affected.ranges for event in stated.events if event.kind is RangeEventKind.FIXED)
    return [event.version for event in events if _OF_MODULE.search(event.version)]


def _restate(advisory: Advisory, streams: list[str]) -> Iterator[AffectedPackage]:
    fixes: dict[AffectedPackage, list[str]] = {}
    for one in advisory.affected:
        if found := _module_fixes(one):
            fixes.setdefault(replace(one, ranges=()), []).extend(found)
        else:
            yield one
            if one.problem:  # which may be of a stream
                yield from (replace(one, name=name_in_stream(each, one.name)) for each in (*streams, UNNAMED_STREAM))
    for one, versions in fixes.items():
        for stream in streams:
            yield replace(one, name=name_in_stream(stream, one.name), ranges=(range_with_fixes(versions),))
        yield replace(one, name=name_in_stream(UNNAMED_STREAM, one.name), ranges=(_EVERYTHING,))
