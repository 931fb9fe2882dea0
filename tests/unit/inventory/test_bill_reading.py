"""What other tools write: nested components, evidence, distributions, and entries that name no package."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dogwatch.inventory.bills.cyclonedx_entries import BILL_DEPTH_MAX
from dogwatch.inventory.bills.reading import read_bill
from dogwatch.model.errors import LimitExceededError, MalformedPackageDatabaseError
from dogwatch.model.gaps import Gap, GapKind
from dogwatch.model.packages import Package

NPM = "pkg:npm/a@1.0.0"
A = Package("npm", "a", "1.0.0")
DEB = "pkg:deb/debian/b@2-1?upstream=src"
B = Package("Debian:12", "b", "2-1", "", "src", "2-1")


def cyclonedx(*components: Any, version: str = "1.6", **members: Any) -> bytes:
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": version, "components": components, **members}).encode()


def spdx(*packages: Any, **members: Any) -> bytes:
    return json.dumps({"spdxVersion": "SPDX-2.3", "packages": packages, **members}).encode()


def reference(kind: str, locator: str) -> dict[str, str]:
    return {"referenceCategory": "PACKAGE-MANAGER", "referenceType": kind, "referenceLocator": locator}


def nested(depth: int) -> dict[str, Any]:
    component: dict[str, Any] = {"type": "library", "name": "a", "purl": NPM}
    for _ in range(depth - 1):
        component = {"type": "file", "name": "x", "components": [component]}
    return component


def test_components_are_found_wherever_they_are_nested() -> None:
    inside = cyclonedx(metadata={"component": {"type": "application", "name": "app", "components": [nested(2)]}})
    for content in (inside, cyclonedx(nested(BILL_DEPTH_MAX))):
        assert read_bill(content, "a bill").packages == (A,)
    with pytest.raises(LimitExceededError, match="BILL_DEPTH_MAX of 32 levels"):
        read_bill(cyclonedx(nested(BILL_DEPTH_MAX + 1)), "a bill")


@pytest.mark.parametrize("version", ["1.5", "1.6"])
def test_a_package_url_that_only_the_evidence_concludes_to_counts(version: str) -> None:
    identity: Any = {"field": "purl", "confidence": 1, "concludedValue": NPM}
    evidence = {"identity": identity if version == "1.5" else [{"field": "cpe", "concludedValue": "x"}, identity]}
    bill = read_bill(cyclonedx({"type": "library", "name": "a", "evidence": evidence}, version=version), "a bill")
    assert (bill.format, bill.packages, bill.gaps) == (f"CycloneDX {version}", (A,), ())


def test_the_distribution_comes_from_the_operating_system_in_both_formats() -> None:
    system = {"type": "operating-system", "name": "Debian", "version": "12"}
    purpose = {
        "SPDXID": "SPDXRef-1",
        "name": "debian",
        "versionInfo": "12",
        "primaryPackagePurpose": "OPERATING-SYSTEM",
    }
    package = {"SPDXID": "SPDXRef-2", "name": "b", "externalRefs": [reference("purl", DEB)]}
    for content in (cyclonedx({"type": "library", "name": "b", "purl": DEB}, system), spdx(package, purpose)):
        bill = read_bill(content, "a bill")
        assert (bill.packages, bill.gaps) == ((B,), ())


def test_entries_that_only_a_cpe_names_are_counted_by_themselves() -> None:
    cpe = "cpe:2.3:a:x:y:1:*:*:*:*:*:*:*"
    expected = (
        Gap(GapKind.PACKAGE_UNIDENTIFIED, "", "1 entry: no package URL (plain)"),
        Gap(GapKind.PACKAGE_UNIDENTIFIED, "", "4 entries: a CPE and no package URL (n0, n1, n2…)"),
    )
    named = [{"type": "library", "name": f"n{number}", "cpe": cpe} for number in (3, 1, 0, 2)]
    assert read_bill(cyclonedx({"name": "plain"}, *named), "a bill").gaps == expected
    packages = [{"name": one["name"], "externalRefs": [reference("cpe23Type", cpe)]} for one in named]
    assert read_bill(spdx({"name": "plain"}, *packages), "a bill").gaps == expected


def test_the_image_that_a_document_describes_and_its_files_are_no_packages() -> None:
    whole = {"SPDXID": "SPDXRef-I", "name": "shop/web", "externalRefs": [reference("purl", "pkg:oci/web@sha256:0")]}
    package = {"SPDXID": "SPDXRef-A", "name": "a", "externalRefs": [reference("purl", NPM)]}
    describes = {
        "spdxElementId": "SPDXRef-DOCUMENT",
        "relationshipType": "DESCRIBES",
        "relatedSpdxElement": "SPDXRef-I",
    }
    bill = read_bill(spdx(whole, package, relationships=[7, describes], files=[{"fileName": "./a"}]), "a bill")
    assert (bill.packages, bill.gaps) == ((A,), ())


@pytest.mark.parametrize(
    "content",
    [
        cyclonedx()[:-1], cyclonedx() + b"x", b"[]", b"7", b"{}", b'{"bomFormat":7}', b'{"spdxVersion":{}}', b"\xff",
        b'{"bomFormat":"CycloneDX","specVersion":"2.0"}', b"[" * 100_000, b'{"bomFormat":' + b"[" * 100_000,
        b'{"bomFormat":"CycloneDX","specVersion":"1.6","components":' + b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_bill_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedPackageDatabaseError):
        read_bill(content, "a bill")


def test_members_of_another_kind_are_as_good_as_not_there() -> None:
    odd: list[Any] = [
        7,
        None,
        [],
        {"name": {}, "purl": [], "properties": 7, "components": "x", "evidence": {"identity": 7}},
    ]
    gap = Gap(GapKind.PACKAGE_UNIDENTIFIED, "", "4 entries: no package URL (, 7, []…)")
    assert read_bill(cyclonedx(*odd, metadata=7), "a bill").gaps == (gap,)
    assert read_bill(spdx({"externalRefs": 7}, relationships=7, annotations=7), "a bill").packages == ()
    assert read_bill(b"\xef\xbb\xbf" + cyclonedx({"purl": NPM}), "a bill").packages == (A,)


@pytest.mark.parametrize(
    ("url", "gaps"),
    [
        ("pkg:rpm/almalinux/a@1-1?distro=almalinux-9&epoch=0", ()),
        ("pkg:rpm/redhat/a@1-1?distro=rhel-9&epoch=0", ()),
        (
            "pkg:rpm/rocky/a@1-1?distro=rocky-9&epoch=0",
            (Gap(GapKind.SOURCE_PACKAGE_UNKNOWN, "", "1 packages, none with its source package"),),
        ),
    ],
)
def test_a_source_package_is_missed_where_advisories_name_source_packages(url: str, gaps: tuple[Gap, ...]) -> None:
    assert read_bill(cyclonedx({"type": "library", "name": "a", "purl": url}), "bill").gaps == gaps
