"""Records of SUSE and openSUSE name products and source packages; an image tells a release and binary packages.

An image of SUSE Linux Enterprise is several products: nearly all of its packages are those of modules (Basesystem,
Server Applications …), and those of a service pack past its general support are the ones of its long-term support. All
of them become the release that the image tells (decision 0047).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import msgspec

from dogwatch.advisories.limits import TEXT_LIMITS
from dogwatch.model.advisories import AffectedPackage, RangeEvent, RangeEventKind, StatedRange
from dogwatch.versions import family_of

_FAMILIES: Final = frozenset({"SUSE", "openSUSE"})
_PRODUCT: Final = re.compile(
    r"SUSE:Linux Enterprise (?:Server|(?P<module>Module for [^:]{1,80}?)) "
    r"(?P<release>\d{1,2}(?: SP\d{1,2}|\.\d{1,2})?)(?:[- ]LTSS|-ESPOS)?"
)
_OPENSUSE: Final = re.compile(r"Leap \d{1,2}\.\d{1,2}|Tumbleweed")
_OF_ALL_SERVICE_PACKS: Final = "12"
"""Modules of SUSE Linux Enterprise 12 have no service pack; what they name is left as it is, and meets no image."""

_MOST_BINARIES: Final = 20_000
"""Of one product in one record; the largest seen, of kernels, name some hundred."""


def release_of_product(ecosystem: str) -> str:
    """Return the ecosystem that images tell for a product that their packages may be of; any other as it is."""
    return _release_of(ecosystem) or ecosystem


def release_of_name(product: str) -> str:
    """Return the same for a product as documents write its name; empty for one that no image tells.

    Source:
        SUSE, CSAF VEX documents (2026): product names of `SUSE Linux Enterprise` and openSUSE.
    """
    family, _, name = product.partition(" ")
    if family == "openSUSE":
        return f"openSUSE:{name}" if _OPENSUSE.fullmatch(name) else ""
    return _release_of(f"{family}:{name}")


def _release_of(ecosystem: str) -> str:
    found = _PRODUCT.fullmatch(ecosystem)
    if found is None or (found["module"] and found["release"] == _OF_ALL_SERVICE_PACKS):
        return ""
    return f"SUSE:Linux Enterprise Server {found['release']}"


def is_told_by_binary(ecosystem: str) -> bool:
    """Whether its records name source packages, and tell the packages of images beside them."""
    return family_of(ecosystem) in _FAMILIES


def restate_by_binary(affected: AffectedPackage, specific: msgspec.Raw) -> Iterator[AffectedPackage]:
    """Yield what an entry says of the binary packages that an update brings, in the release that images tell.

    By source package alone, a fix for one Python of a module would count for the packages of another.

    Args:
        affected: the entry, by product and source package; of other families it is yielded as it is.
        specific: its `ecosystem_specific`, which has a version for each binary.

    Raises:
        ValueError: binaries that are none, or more than the limit.

    Source:
        OSV schema 1.7, ecosystems SUSE and openSUSE; their records' `ecosystem_specific.binaries`.
    """
    if not is_told_by_binary(affected.ecosystem):
        yield affected
        return
    binaries = _read_binaries(specific)
    affected = replace(affected, ecosystem=release_of_product(affected.ecosystem))
    if not binaries:
        yield affected
    for name, version in binaries.items():
        events = (RangeEvent(RangeEventKind.INTRODUCED, "0"), RangeEvent(RangeEventKind.FIXED, version))
        yield replace(affected, name=name, ranges=(StatedRange("ECOSYSTEM", events),), versions=())


class _Specific(msgspec.Struct):
    binaries: list[dict[str, str]] = []


def _read_binaries(specific: msgspec.Raw) -> dict[str, str]:
    """Return version by name."""
    read = msgspec.json.decode(specific, type=_Specific | None)
    binaries = {name: version for each in (read.binaries if read else ()) for name, version in each.items()}
    if len(binaries) > _MOST_BINARIES:
        raise ValueError(f"more than {_MOST_BINARIES} binaries of one product")
    for name, version in binaries.items():
        if len(name) > TEXT_LIMITS.max_name or len(version) > TEXT_LIMITS.max_version or "\0" in name + version:
            raise ValueError(f"a binary with a name or version that cannot be kept: {name[:80]!r}")
    return binaries
