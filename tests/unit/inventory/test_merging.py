"""What was found and what attached bills name: once each, with every witness, and nothing on a bill's word untold."""

from __future__ import annotations

from dogwatch.inventory.bills.merging import merge_attachments
from dogwatch.inventory.package_urls import write_package_url
from dogwatch.model.bills import AttachedBill, Attachments
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.judgements import Examined, Place, PlacedPackage, Subject, SubjectKind
from dogwatch.model.packages import Package
from tests.builders.attached import cyclonedx, statement
from tests.builders.oci import Document, as_json

IMAGE, LAYER, ONE, TWO = (f"sha256:{letter * 64}" for letter in "1234")
FOUND = Place(LAYER, ("app/x/METADATA",))
TOLD = Gap(GapKind.FILE_UNREADABLE, "app/y", "damaged")
DEB = Package("Debian:12", "b", "2-1", "amd64", "src", "2-1")
ODD = Package("PyPI", "Odd_Name", "1.0")
ONLY = Package("npm", "only", "1.0.0")


def attached(digest: str, document: Document) -> AttachedBill:
    return AttachedBill(digest, "a referrer", as_json(document))


def placed(package: Package, *places: Place) -> PlacedPackage:
    return PlacedPackage(package, write_package_url(package), places)


EXAMINED = Examined(
    Subject(SubjectKind.IMAGE, "shop/web", IMAGE), (placed(DEB, FOUND), placed(ODD, FOUND)), (TOLD,), (LAYER,)
)
BY_ONE, BY_TWO = Place("", (f"sbom:{ONE}",)), Place("", (f"sbom:{TWO}",))


def test_the_found_one_wins_and_has_every_witness() -> None:
    both = cyclonedx("pkg:deb/debian/b@2-1?distro=debian-12&upstream=src", "pkg:pypi/odd-name@1.0")
    bills = (attached(ONE, both), attached(TWO, statement(cyclonedx("pkg:pypi/odd-name@1.0"), IMAGE)))
    merged = merge_attachments(EXAMINED, Attachments(bills))
    assert merged.packages == (placed(DEB, FOUND, BY_ONE), placed(ODD, FOUND, BY_ONE, BY_TWO))
    assert merged.gaps == (TOLD,)


def test_what_only_bills_name_is_there_once_and_counted_with_what_it_rests_on() -> None:
    url = "pkg:npm/only@1.0.0"
    missed = Gap(GapKind.ATTACHED_BILL_UNREAD, "", "not reached")
    bills = (attached(ONE, cyclonedx(url)), attached(TWO, statement(cyclonedx(url), IMAGE)))
    merged = merge_attachments(EXAMINED, Attachments(bills, (missed,)))
    assert merged.packages == (*EXAMINED.packages, placed(ONLY, BY_ONE, BY_TWO))
    words = "1 packages (only 1.0.0); CycloneDX 1.6,"
    assert merged.gaps == (
        missed,
        TOLD,
        Gap(GapKind.PACKAGE_ONLY_LISTED, f"sbom:{ONE}", f"{words} unsigned, a referrer"),
        Gap(GapKind.PACKAGE_ONLY_LISTED, f"sbom:{TWO}", f"{words} unsigned statement, a referrer"),
    )


def test_another_images_attestation_and_what_is_no_bill_name_nothing() -> None:
    bills = (attached(ONE, statement(cyclonedx("pkg:npm/only@1.0.0"), LAYER)), attached(TWO, {"hello": 1}))
    merged = merge_attachments(EXAMINED, Attachments(bills))
    assert merged.packages == EXAMINED.packages
    assert [(gap.kind, gap.path) for gap in merged.gaps] == [
        (GapKind.ATTACHED_BILL_UNREAD, f"sbom:{ONE}"),
        (GapKind.ATTACHED_BILL_UNREAD, f"sbom:{TWO}"),
        (GapKind.FILE_UNREADABLE, "app/y"),
    ]
    assert merged.gaps[0].detail == f"it says that it is about {LAYER}"


def test_a_bills_own_gaps_are_told_of_it() -> None:
    merged = merge_attachments(EXAMINED, Attachments((attached(ONE, cyclonedx("pkg:conan/z@1")),)))
    (own,) = (gap for gap in merged.gaps if gap.kind is GapKind.PACKAGE_UNIDENTIFIED)
    assert (own.path, own.detail) == (f"sbom:{ONE}", "1 entry: packages of type conan are not judged (x)")
