"""Version ranges as CSAF documents write them (`vers:npm/>=1.0|<1.4.2`): text → intervals of an affected range."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from dogwatch.model.advisories import RangeEvent, RangeEventKind, StatedRange

_RANGE: Final = re.compile(r"vers:(?P<type>[a-z][a-z0-9.-]*)/(?P<constraints>.+)")
_CONSTRAINT: Final = re.compile(r"(?P<comparator>>=|<=|!=|>|<|=)?(?P<version>[^<>=!*|\s]+)")
_ALL: Final = "all"
_EVERY_VERSION: Final = "*"
_MOST_CONSTRAINTS: Final = 200  # real ones have two to ten

_INTRODUCED, _LAST = RangeEventKind.INTRODUCED, RangeEventKind.LAST_AFFECTED
_BEGINNING: Final = RangeEvent(_INTRODUCED, "0")
_ENDS: Final = {"<": RangeEventKind.FIXED, "<=": _LAST}


def read_vers(text: str, types: frozenset[str]) -> tuple[StatedRange, ...]:
    """Return the intervals of a range, each a range of its own, in their order.

    Args:
        text: as it stands in the document.
        types: the orders of versions that the package's own is, as such ranges call them.

    Raises:
        ValueError: it is no such range, of another order, or has a form that no interval has, in words.

    Source:
        Version range specifier (vers) 1.0; CSAF 2.0, section 3.1.2.3.2.
    """
    found = _RANGE.fullmatch(text.strip())
    if found is None:
        raise ValueError("is a range of versions that is not written as `vers:`")
    constraints = found["constraints"].split("|")
    if len(constraints) > _MOST_CONSTRAINTS:
        raise ValueError(f"is a range of more than {_MOST_CONSTRAINTS} constraints")
    if constraints == [_EVERY_VERSION]:
        return (StatedRange("ECOSYSTEM", (_BEGINNING,)),)
    if found["type"] not in types:
        raise ValueError(f"is a range in the order {found['type']!r}, which is not that of the package")
    return tuple(StatedRange("ECOSYSTEM", events) for events in _intervals(constraints))


def _intervals(constraints: list[str]) -> Iterator[tuple[RangeEvent, ...]]:
    """Yield the events of each interval; constraints stand in the order of their versions, as the format demands."""
    begun: RangeEvent | None = None
    for place, constraint in enumerate(constraints):
        comparator, version = _read(constraint)
        if comparator == "=" and begun is None:
            yield RangeEvent(_INTRODUCED, version), RangeEvent(_LAST, version)
        elif comparator == ">=" and begun is None:
            begun = RangeEvent(_INTRODUCED, version)
        elif comparator in _ENDS and (begun or place == 0):
            yield begun or _BEGINNING, RangeEvent(_ENDS[comparator], version)
            begun = None
        else:
            raise ValueError(f"is a range with {constraint[:80]!r} where no interval can have it")
    if begun is not None:
        yield (begun,)


def _read(constraint: str) -> tuple[str, str]:
    found = _CONSTRAINT.fullmatch(constraint)
    if found is None or not (version := unquote(found["version"])).isprintable():
        raise ValueError(f"is a range with {constraint[:80]!r}, which is no constraint")
    return found["comparator"] or "=", version
