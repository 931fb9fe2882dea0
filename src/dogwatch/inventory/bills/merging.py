"""What was found in an image, and what the bills attached to it name: put together, each with its witnesses.

The one place where the two meet. What was found wins; a bill adds a witness to it, or a package on its word alone.

A bill can lie, be old, or be about another image, and nobody's signature is verified: so each says what ties it to
the image, and what only it names is counted in a gap of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from dogwatch.inventory.bills.entries import Bill
from dogwatch.inventory.bills.reading import read_bill
from dogwatch.inventory.naming import show
from dogwatch.inventory.package_urls import is_rpm, write_package_url
from dogwatch.model.bills import AttachedBill, Attachments, Witnessed
from dogwatch.model.errors import ContentError
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.judgements import Examined, Place, PlacedPackage
from dogwatch.model.packages import Package
from dogwatch.versions import normalise_name

_EXAMPLES: Final = 3
# Packages of one image that only bills name: as many as the largest images seen have. Each is stored and judged.
ONLY_LISTED_MAX: Final = 50_000

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Witness:
    """A bill that was read, with what names it among the places of packages."""

    attached: AttachedBill
    bill: Bill

    @property
    def place(self) -> str:
        return place_name(self.attached)

    @property
    def words(self) -> str:
        how = self.bill.kept_in or "unsigned"
        return f"{self.bill.format}, {how}, {self.attached.link}"


def place_name(attached: AttachedBill) -> str:
    """Return what stands as the path of a package that a bill names."""
    return f"sbom:{attached.digest}"


def hear_bills(
    found: Iterable[Package], digest: str, attachments: Attachments, most: int = ONLY_LISTED_MAX
) -> Witnessed:
    """Return what the attached bills say of an image.

    A package that both name is the found one: bills may leave out architecture, source package and epoch, and spell
    names their own way. A bill that cannot be read, or says that it is about another image, adds a gap alone.

    Args:
        found: the packages that were found in the image.
        digest: the image's.
        attachments: what is attached to it.
        most: how many packages may rest on bills alone; a gap counts the others.
    """
    gaps = set(attachments.gaps)
    by_key: dict[_Key, list[Package]] = {}
    for package in found:
        for key in _keys(package):
            by_key.setdefault(key, []).append(package)
    keys = frozenset(by_key)
    named: dict[Package, list[str]] = {}
    for attached in attachments.bills:
        witness = _examine(attached, digest, gaps)
        if witness is None:
            continue
        for package in witness.bill.packages:
            for known in by_key.setdefault(_key(package), [package]):
                if witness.place not in named.setdefault(known, []):
                    named[known].append(witness.place)
        gaps.update(_gaps(witness, keys))
    only = [package for package in sorted(named) if _key(package) not in keys]
    for package in only[most:]:
        del named[package]
    if len(only) > most:
        reason = f"{len(only) - most} packages over the limit ONLY_LISTED_MAX of {most} in one image"
        gaps.add(Gap(GapKind.ATTACHED_BILL_UNREAD, "", reason))
    places = tuple((package, tuple(named[package])) for package in sorted(named))
    return Witnessed(places, tuple(only[:most]), tuple(sorted(gaps)))


def merge_attachments(examined: Examined, attachments: Attachments) -> Examined:
    """Return what was found together with what the attached bills name, each with its witnesses among its places."""
    found = {one.package: one for one in examined.packages}
    witnessed = hear_bills(found, examined.subject.digest, attachments)
    for package, places in witnessed.named:
        placed = found.get(package) or PlacedPackage(package, write_package_url(package))
        found[package] = replace(placed, places=(*placed.places, *(Place("", (one,)) for one in places)))
    packages = tuple(found[package] for package in sorted(found))
    return replace(examined, packages=packages, gaps=tuple(sorted({*examined.gaps, *witnessed.gaps})))


def _examine(attached: AttachedBill, digest: str, gaps: set[Gap]) -> _Witness | None:
    """Read a bill; where it cannot be read, or is about another image, a gap says so."""
    where = place_name(attached)
    try:
        bill = read_bill(attached.content, where)
    except ContentError as error:
        gaps.add(Gap(GapKind.ATTACHED_BILL_UNREAD, where, error.message))
        return None
    if bill.subjects and digest not in bill.subjects:
        others = ", ".join(show(one, 80) for one in sorted(bill.subjects)[:_EXAMPLES])
        gaps.add(Gap(GapKind.ATTACHED_BILL_UNREAD, where, f"it says that it is about {others}"))
        return None
    return _Witness(attached, bill)


def _key(package: Package) -> _Key:
    return package.ecosystem, normalise_name(package.ecosystem, package.name), package.version


def _keys(package: Package) -> tuple[_Key, ...]:
    """Return what a found package goes by: an rpm also without its epoch, as some tools write it."""
    key = _key(package)
    epoch, _, rest = package.version.partition(":")
    return (key, (*key[:2], rest)) if rest and epoch.isdigit() and is_rpm(package) else (key,)


def _gaps(witness: _Witness, found: Collection[_Key]) -> Iterator[Gap]:
    where = witness.place
    for gap in witness.bill.gaps:
        yield replace(gap, path=where)
    only = [one for one in witness.bill.packages if _key(one) not in found]
    if only:
        shown = ", ".join(f"{show(one.name, 60)} {show(one.version, 40)}" for one in only[:_EXAMPLES])
        more = "…" if len(only) > _EXAMPLES else ""
        yield Gap(GapKind.PACKAGE_ONLY_LISTED, where, f"{len(only)} packages ({shown}{more}); {witness.words}")
