"""Content addresses of package sets and inventories: the same content has the same digest, always and everywhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import astuple

import msgspec

from dogwatch.model.gaps import Gap
from dogwatch.model.packages import PACKAGE_ORDER, Distribution, Inventory, Package, PackageSet


def address_set(source: str, packages: Iterable[Package]) -> PackageSet:
    """Return what one source of truth lists as a package set."""
    ordered = tuple(sorted(set(packages), key=PACKAGE_ORDER))
    return PackageSet(
        source, ordered, _digest_of(["package set", 1, source, [package.identity for package in ordered]])
    )


def address_inventory(
    distribution: Distribution | None, sets: tuple[PackageSet, ...], gaps: tuple[Gap, ...]
) -> Inventory:
    """Return an inventory of these sets and gaps, which are in order."""
    content = [
        "inventory",
        1,
        astuple(distribution) if distribution is not None else None,
        [each.digest for each in sets],
        [astuple(gap) for gap in gaps],
    ]
    return Inventory(_digest_of(content), distribution, sets, gaps)


def address_extension(inventory: str, sets: tuple[PackageSet, ...], gaps: tuple[Gap, ...]) -> str:
    """Return the digest of what an inventory, named by its digest, is together with more sets and gaps, in order."""
    return _digest_of(["extension", 1, inventory, [each.digest for each in sets], [astuple(gap) for gap in gaps]])


def _digest_of(content: list[object]) -> str:
    """Return the digest of the content's canonical form: JSON without spaces, arrays only, so in a fixed order."""
    return f"sha256:{hashlib.sha256(msgspec.json.encode(content)).hexdigest()}"
