"""What was found and what attached bills name: once each, with every witness, and nothing on a bill's word untold."""

from __future__ import annotations

from dogwatch.inventory.bills.merging import hear_bills, merge_attachments
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


def test_a_bill_that_leaves_out_epochs_names_what_was_found() -> None:
    dbus = Package("AlmaLinux:9", "dbus", "1:1.12-8", "x86_64", "dbus", "1:1.12-8")
    url = "pkg:rpm/almalinux/{}?distro=almalinux-9&upstream=dbus-1.12-8.src.rpm"
    heard = hear_bills([dbus], IMAGE, Attachments((attached(ONE, cyclonedx(url.format("dbus@1.12-8"))),)))
    assert (heard.named, heard.only) == (((dbus, (f"sbom:{ONE}",)),), ())
    assert heard.gaps == (Gap(GapKind.EPOCH_UNKNOWN, f"sbom:{ONE}", "1 rpm packages, none with its epoch"),)
    older = hear_bills([dbus], IMAGE, Attachments((attached(ONE, cyclonedx(url.format("dbus@1.12-7"))),)))
    assert [package.version for package in older.only] == ["1.12-7"]


def test_packages_on_bills_words_alone_are_bounded_and_found_ones_keep_their_witness() -> None:
    bill = attached(ONE, cyclonedx("pkg:pypi/odd-name@1.0", *(f"pkg:npm/p{number}@1" for number in range(5))))
    heard = hear_bills([ODD], IMAGE, Attachments((bill,)), most=2)
    assert [package.name for package, _ in heard.named] == ["Odd_Name", "p0", "p1"]
    assert [package.name for package in heard.only] == ["p0", "p1"]
    assert heard.gaps[0].detail == "3 packages over the limit ONLY_LISTED_MAX of 2 in one image"
