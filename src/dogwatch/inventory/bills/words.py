"""What we say in a bill beyond its format's own fields, so that we can read it back: names of properties, sentences.

A package URL does not carry everything: its type lowers names, knows no distribution of ours without a feed, and has no
field for the whole ecosystem. What a URL loses stands beside it, in these words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Final

from dogwatch.inventory.limits import Limits
from dogwatch.inventory.naming import is_keepable
from dogwatch.inventory.package_urls import names_source, parse_package_url
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import Package

PACKAGE: Final = "dogwatch:package:"
"""Followed by the member of `Package` that is told."""

LAYER: Final = "dogwatch:layer"
PLATFORM: Final = "dogwatch:platform"
GAP: Final = "dogwatch:gap:"
"""Followed by the kind; the value is what `say_gap` says."""

PACKAGE_COMMENT: Final = "dogwatch:package "
"""Begins the comment of an SPDX package that its package URL does not carry; the properties follow as JSON."""

_TOLD: Final = tuple(one.name for one in fields(Package) if one.name not in ("name", "version"))


def tell_package(package: Package) -> dict[str, str]:
    """Return a package as properties; its name and version stand in the fields that every format has for them."""
    told = {PACKAGE + name: str(getattr(package, name)) for name in _TOLD}
    return {name: value for name, value in told.items() if value}


def read_package(name: str, version: str, told: Mapping[str, str], limits: Limits) -> Package | None:
    """Return the package that `tell_package` told of; None where nobody did, or where it is nothing to keep."""
    members = {one: told[PACKAGE + one] for one in _TOLD if PACKAGE + one in told}
    if "ecosystem" not in members or not all(is_keepable(text, limits) for text in (name, version, *members.values())):
        return None
    return Package(name=name, version=version, **members)


def is_carried(package: Package, url: str) -> bool:
    """Say whether a package URL alone gives the package back, and says so of its source package."""
    try:
        return parse_package_url(url) == package and (names_source(url) or not package.source_name)
    except ValueError:
        return False


def say_gap(gap: Gap) -> str:
    """Say what could not be seen, where, and what that may hide."""
    return (f"{gap.path}: {gap.detail}" if gap.path else gap.detail) + _consequence(gap)


def read_gap(name: str, sentence: str) -> Gap | None:
    """Return the gap of a property or comment; None where that tells of none. The path stays in the sentence."""
    kind = name.removeprefix(GAP)
    if kind == name or kind not in {str(one) for one in GapKind}:
        return None
    gap = Gap(GapKind(kind), "", sentence)
    return replace(gap, detail=sentence.removesuffix(_consequence(gap)))


def _consequence(gap: Gap) -> str:
    return f" ({gap.consequence})"
