"""What was found in an image, and what the bills attached to it name: put together, each with its witnesses.

The one place where the two meet. What was found wins; a bill adds a witness to it, or a package on its word alone.

A bill can lie, be old, or be about another image, and nobody's signature is verified: so each says what ties it to
the image, and what only it names is counted in a gap of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from dogwatch.inventory.bills.entries import Bill
from dogwatch.inventory.bills.reading import read_bill
from dogwatch.inventory.naming import show
from dogwatch.inventory.package_urls import write_package_url
from dogwatch.model.bills import AttachedBill, Attachments
from dogwatch.model.errors import ContentError
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.judgements import Examined, Place, PlacedPackage
from dogwatch.model.packages import Package
from dogwatch.versions import normalise_name

_EXAMPLES: Final = 3
_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Witness:
    """A bill that was read, with what names it among the places of packages."""

    attached: AttachedBill
    bill: Bill

    @property
    def place(self) -> Place:
        return Place("", (place_name(self.attached),))

    @property
    def words(self) -> str:
        how = self.bill.kept_in or "unsigned"
        return f"{self.bill.format}, {how}, {self.attached.link}"


def place_name(attached: AttachedBill) -> str:
    """Return what stands as the path of a package that a bill names."""
    return f"sbom:{attached.digest}"


def merge_attachments(examined: Examined, attachments: Attachments) -> Examined:
    """Return what was found together with what the attached bills name.

    A package that both name is the found one, with the bill among its places: bills may leave out architecture and
    source package, and spell names their own way. What only bills name has no other place. A bill that cannot be read,
    or says that it is about another image, adds a gap alone.
    """
    gaps = {*examined.gaps, *attachments.gaps}
    witnesses: list[_Witness] = []
    for attached in attachments.bills:
        where = place_name(attached)
        try:
            bill = read_bill(attached.content, where)
        except ContentError as error:
            gaps.add(Gap(GapKind.ATTACHED_BILL_UNREAD, where, error.message))
            continue
        if bill.subjects and examined.subject.digest not in bill.subjects:
            others = ", ".join(show(one, 80) for one in sorted(bill.subjects)[:_EXAMPLES])
            gaps.add(Gap(GapKind.ATTACHED_BILL_UNREAD, where, f"it says that it is about {others}"))
            continue
        witnesses.append(_Witness(attached, bill))
    found = {_key(one.package) for one in examined.packages}
    merged = {one.package: one for one in examined.packages}
    by_key: dict[_Key, list[Package]] = {}
    for one in examined.packages:
        by_key.setdefault(_key(one.package), []).append(one.package)
    for witness in witnesses:
        for package in witness.bill.packages:
            for known in by_key.setdefault(_key(package), [package]):
                placed = merged.get(known) or PlacedPackage(known, write_package_url(known))
                if witness.place not in placed.places:
                    merged[known] = replace(placed, places=(*placed.places, witness.place))
        gaps.update(_gaps(witness, found))
    packages = tuple(merged[package] for package in sorted(merged))
    return replace(examined, packages=packages, gaps=tuple(sorted(gaps)))


def _key(package: Package) -> _Key:
    return package.ecosystem, normalise_name(package.ecosystem, package.name), package.version


def _gaps(witness: _Witness, found: set[_Key]) -> Iterator[Gap]:
    where = place_name(witness.attached)
    for gap in witness.bill.gaps:
        yield replace(gap, path=where)
    only = [one for one in witness.bill.packages if _key(one) not in found]
    if only:
        shown = ", ".join(f"{show(one.name, 60)} {show(one.version, 40)}" for one in only[:_EXAMPLES])
        more = "…" if len(only) > _EXAMPLES else ""
        yield Gap(GapKind.PACKAGE_ONLY_LISTED, where, f"{len(only)} packages ({shown}{more}); {witness.words}")
