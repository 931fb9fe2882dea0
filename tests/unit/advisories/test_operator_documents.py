"""Documents of the operator's own: what is read of them, what is refused and with which words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from dogwatch.advisories import parse_document
from dogwatch.advisories.limits import DocumentLimits
from dogwatch.advisories.operator_documents import reread_documents
from dogwatch.matching import decide, key_affected_ranges, key_package, name_advisory
from dogwatch.model.advisories import AffectedPackage, FixState, Naming
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.feeds import VEX_SOURCE, StoredDocument
from dogwatch.model.operator_documents import DocumentFormat, OperatorDocument, UnusedProduct
from dogwatch.model.packages import Package
from dogwatch.model.verdicts import Verdict
from tests.builders.advisories import osv_record
from tests.builders.statements import NAME, csaf, openvex, read, statement

FLAG = {"label": "component_not_present", "product_ids": ["range", "app:a"]}
FIRST = datetime(2026, 7, 1, tzinfo=UTC)


def named(product: str) -> AffectedPackage:
    """What a statement that names one product is about."""
    document = read(openvex(statement("CVE-2026-1001", "affected", product)))
    assert document.unused == ()
    assert document.records[0].advisory is not None
    (affected,) = document.records[0].advisory.affected
    return affected


def test_a_statement_is_read_with_its_names_its_products_its_reason_and_its_own_time() -> None:
    document = read(
        openvex(
            statement(
                "CVE-2026-1001",
                "not_affected",
                "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12",
                "pkg:pypi/Some_Thing@1.0",
                aliases=("GHSA-aaaa-bbbb-cccc", "https://example.com/an/address/that/is/no/name"),
                impact_statement="We build without it.",
                timestamp="2026-06-30T12:00:00Z",
            ),
            statement("CVE-2026-1001", "under_investigation", "pkg:npm/%40acme/app"),
        )
    )
    assert (document.name, document.source, document.format) == (NAME, VEX_SOURCE, DocumentFormat.OPENVEX)
    assert (document.author, document.stated_at) == ("Security at Example", FIRST)
    one, other = (record.advisory for record in document.records)
    assert one is not None
    assert other is not None
    assert (one.id, one.modified_at) == (f"{NAME}#CVE-2026-1001", datetime(2026, 6, 30, 12, tzinfo=UTC))
    assert (name_advisory(one).cves, name_advisory(one).others) == (("CVE-2026-1001",), ("GHSA-aaaa-bbbb-cccc",))
    assert one.affected == (
        AffectedPackage(
            "Debian:12", "libssl3", (), ("3.0.11-1",), "not affected", naming=Naming.INSTALLED, arch="amd64"
        ),
        AffectedPackage("PyPI", "some-thing", (), ("1.0",), "not affected", naming=Naming.SOURCE),
    )
    assert one.summary == "not affected: vulnerable_code_not_present"
    assert one.details == "not affected\n\nvulnerable_code_not_present\n\nWe build without it."
    assert (other.id, other.modified_at) == (f"{NAME}#CVE-2026-1001/2", FIRST)
    assert other.affected == (AffectedPackage("npm", "@acme/app", (), (), "under investigation", naming=Naming.SOURCE),)


def test_what_is_journalled_of_a_statement_reads_back_as_the_statement() -> None:
    document = read(openvex(statement("GHSA-aaaa-bbbb-cccc", "fixed", "pkg:golang/example.com/a@v1.2.3")))
    stored = [StoredDocument(one.id, one.modified_at, one.document) for one in document.records]
    assert tuple(reread_documents(VEX_SOURCE, stored)) == document.records


@pytest.mark.parametrize(
    ("product", "ecosystem", "name", "version", "naming"),
    [
        ("pkg:deb/debian/openssl@3.0?arch=source&distro=bookworm", "Debian:12", "openssl", "3.0", Naming.SOURCE),
        ("pkg:deb/ubuntu/curl@7?arch=source&distro=jammy", "Ubuntu:22.04:LTS", "curl", "7", Naming.SOURCE),
        ("pkg:deb/debian/openssl", "Debian", "openssl", "", Naming.INSTALLED),
        ("pkg:apk/wolfi/busybox@1.36?distro=wolfi-20230201", "Wolfi", "busybox", "1.36", Naming.INSTALLED),
        ("pkg:rpm/almalinux/sed@4.8-9?epoch=1&distro=almalinux-9", "AlmaLinux:9", "sed", "1:4.8-9", Naming.INSTALLED),
        ("pkg:maven/org.acme/core@2", "Maven", "org.acme:core", "2", Naming.SOURCE),
    ],
)
def test_a_product_is_the_package_that_its_url_names(
    product: str, ecosystem: str, name: str, version: str, naming: Naming
) -> None:
    versions = (version,) if version else ()
    assert named(product) == AffectedPackage(ecosystem, name, (), versions, "affected", naming=naming)


@pytest.mark.parametrize(
    ("product", "reason"),
    [
        ("pkg:oci/app@sha256:00", "is an image: what is said of images counts in `dogwatch scan --vex` alone"),
        ("pkg:deb/ubuntu/openssl?distro=warty", "names the release 'warty', which is not known"),
        ("cpe:2.3:a:acme:app:1:*:*:*:*:*:*:*", "is no package URL: only these name packages"),
        ("pkg:cran/thing@1", "packages of type cran are not judged"),
        ("", "has no identifier"),
    ],
)
def test_a_product_that_no_package_can_be_met_by_is_told_with_its_place_and_the_reason(
    product: str, reason: str
) -> None:
    document = read(openvex(statement("CVE-2026-1001", "affected", "pkg:npm/a@1", product)))
    shown = product or "without an identifier"
    assert document.unused == (UnusedProduct("statements[0].products[1]", shown, reason),)
    assert len(document.records) == 1


def test_parts_of_another_product_are_not_taken_for_the_packages_themselves() -> None:
    product = {"@id": "pkg:maven/acme/app@1", "subcomponents": [{"@id": "pkg:maven/log4j/log4j@1"}]}
    document = read(openvex({**statement("CVE-2026-1001", "affected"), "products": [product]}))
    reason = "is said of parts of another product: only packages, and parts of images, can be met"
    assert (document.records, document.unused) == (
        (),
        (UnusedProduct("statements[0].products[0]", "pkg:maven/acme/app@1", reason),),
    )


def test_parts_that_a_statement_names_beside_its_products_are_those_of_each_as_older_documents_have_it() -> None:
    about = statement("CVE-2026-1001", "not_affected", subcomponents=["pkg:golang/acme/lib"])
    document = read(openvex({**about, "products": ["pkg:golang/acme/app", "pkg:oci/app"]}))
    (image,) = document.about_images
    assert (document.records, [one.name for one in image.packages]) == ((), ["acme/lib"])
    assert [one.product for one in document.unused] == ["pkg:golang/acme/app", "pkg:oci/app"]


def test_an_advisory_in_osv_is_read_and_entries_that_can_meet_nothing_are_told() -> None:
    record = osv_record("ACME-2026-1", ecosystem="npm", name="@acme/app", aliases=("CVE-2026-1001",))
    record["affected"] += [{"ranges": []}, {"package": {"ecosystem": "Nobody's", "name": "thing"}}]
    document = read(record)
    assert (document.name, document.format) == ("ACME-2026-1", DocumentFormat.OSV)
    assert document.unused == (
        UnusedProduct("affected[1]", "", "names no package ecosystem"),
        UnusedProduct("affected", "Nobody's thing", "is of an ecosystem whose versions nobody here can order"),
    )


def test_a_csaf_document_is_read_product_by_product_with_its_reasons_and_scores() -> None:
    status = {
        "known_not_affected": ["p0", "p1"],
        "known_affected": ["p2", "p3"],
        "fixed": ["p4"],
        "recommended": ["p4"],
    }
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    source = csaf(
        status,
        *(f"pkg:npm/p{number}@1" for number in range(5)),
        ids=[{"system_name": "tracker", "text": "12345"}, {"system_name": "GitHub", "text": "GHSA-aaaa-bbbb-cccc"}],
        flags=[{"label": "component_not_present", "product_ids": ["p0"]}],
        threats=[{"category": "impact", "details": "Not built in.", "group_ids": ["g"]}],
        remediations=[{"category": "no_fix_planned", "details": "Replace it.", "product_ids": ["p3"]}],
        scores=[{"products": ["p2"], "cvss_v3": {"vectorString": vector}}],
    )
    source["product_tree"]["product_groups"] = [{"group_id": "g", "product_ids": ["p1"]}]
    document = read(source)
    assert (document.name, document.format, document.author) == (
        "acme-2026-1",
        DocumentFormat.CSAF,
        "Security at Example",
    )
    said = [one.advisory for one in document.records if one.advisory is not None]
    assert [
        (one.id, one.summary, [(each.name, each.state) for each in one.affected], [fact.value for fact in one.severity])
        for one in said
    ] == [
        ("acme-2026-1#CVE-2026-1001", "not affected: component_not_present", [("p0", "not affected")], []),
        ("acme-2026-1#CVE-2026-1001/2", "not affected: Not built in.", [("p1", "not affected")], []),
        ("acme-2026-1#CVE-2026-1001/3", "affected", [("p2", "affected")], [vector]),
        ("acme-2026-1#CVE-2026-1001/4", "will not fix: Replace it.", [("p3", "will not fix")], []),
        ("acme-2026-1#CVE-2026-1001/5", "fixed", [("p4", "fixed")], []),
    ]
    assert said[0].aliases == ("CVE-2026-1001", "GHSA-aaaa-bbbb-cccc")


def test_an_impact_in_csaf_that_names_no_product_is_said_of_all() -> None:
    source = csaf(
        {"known_not_affected": ["p0", "p1"]},
        *("pkg:npm/a@1", "pkg:npm/b@1"),
        flags=[{"label": "component_not_present", "product_ids": ["p1"]}],
        threats=[{"category": "impact", "details": "Never called."}],
    )
    summaries = [one.advisory.summary for one in read(source).records if one.advisory is not None]
    assert summaries == ["not affected: Never called.", "not affected: component_not_present"]


def ranged(purl: str, versions: str, status: str = "known_affected") -> OperatorDocument:
    """Read a document that says something of a range of versions of a package."""
    source = csaf({status: ["range"]})
    product = {"product_id": "range", "product_identification_helper": {"purl": purl}}
    source["product_tree"] = {"branches": [{"category": "product_version_range", "name": versions, "product": product}]}
    return read(source)


@pytest.mark.parametrize(
    ("status", "verdict", "fix_state"),
    [
        ("known_affected", Verdict.AFFECTED, FixState.UNKNOWN),
        ("fixed", Verdict.NOT_AFFECTED, FixState.FIXED),
        ("under_investigation", Verdict.UNDETERMINED, FixState.UNKNOWN),
    ],
)
def test_a_range_of_versions_in_csaf_holds_what_lies_in_it(status: str, verdict: Verdict, fix_state: FixState) -> None:
    document = ranged("pkg:npm/a", "vers:npm/>=1.0.0|<1.4.2|2.0.0|>=3.0.0", status)
    stored = [StoredDocument(one.id, one.modified_at, one.document) for one in document.records]
    (record,) = reread_documents(VEX_SOURCE, stored)
    assert (document.unused, document.records) == ((), (record,))
    assert record.advisory is not None
    ranges = key_affected_ranges(record.advisory)
    versions = ("0.9.0", "1.0.0", "1.4.2-rc.1", "1.4.2", "2.0.0", "2.0.1", "3.0.0", "9.0.0")
    packages = {version: key_package(Package("npm", "a", version)) for version in versions}
    said = {version: {decide(package, one) for one in ranges} - {None} for version, package in packages.items()}

    assert {version for version, verdicts in said.items() if verdicts == {verdict}} == set(versions) - {
        "0.9.0",
        "1.4.2",
        "2.0.1",
    }
    assert {one.fix_state for one in ranges} == {fix_state}


@pytest.mark.parametrize(
    ("purl", "versions"),
    [
        ("pkg:npm/a", "vers:all/*"),
        ("pkg:rpm/almalinux/sed?distro=almalinux-9", "vers:rpm/<4.8-9"),
        ("pkg:deb/debian/openssl?arch=source&distro=bookworm", "vers:deb/<=3.0.11-1"),
    ],
)
def test_a_range_can_be_of_what_advisories_go_by(purl: str, versions: str) -> None:
    document = ranged(purl, versions)
    assert (len(document.records), document.unused) == (1, ())


@pytest.mark.parametrize(
    ("purl", "versions", "reason"),
    [
        ("pkg:npm/a", "<2", "is a range of versions that is not written as `vers:`"),
        ("pkg:npm/a", "vers:deb/<2", "is a range in the order 'deb', which is not that of the package"),
        ("pkg:npm/a", "vers:npm/>1.0.0", "is a range with '>1.0.0' where no interval can have it"),
        ("pkg:npm/a", "vers:npm/>=1|!=1.2|<2", "is a range with '!=1.2' where no interval can have it"),
        ("pkg:npm/a", "vers:npm/>=1|>=2", "is a range with '>=2' where no interval can have it"),
        ("pkg:npm/a", "vers:npm/>=1|", "is a range with '', which is no constraint"),
        ("pkg:npm/a@1", "vers:npm/<2", "is a range of versions, of a package URL with one version"),
        (
            "pkg:deb/debian/libssl3?distro=bookworm",
            "vers:deb/<3",
            "is a range of versions: of these packages single versions, or all, can be named",
        ),
        ("pkg:generic/acme/plc", "vers:intdot/<2", "packages of type generic are not judged"),
    ],
)
def test_a_range_that_cannot_be_met_is_told_with_the_reason(purl: str, versions: str, reason: str) -> None:
    document = ranged(purl, versions)
    assert (document.records, document.unused) == ((), (UnusedProduct("vulnerabilities[0]", purl, reason),))


def test_a_part_of_an_image_in_csaf_is_said_of_that_image_alone() -> None:
    source = csaf({"known_affected": ["app:a", "app:b"]}, "pkg:oci/app?tag=1.4", "pkg:npm/a@1", "cpe:/a:acme:b")
    source["product_tree"]["relationships"] = [
        {
            "category": "default_component_of",
            "product_reference": f"p{number}",
            "relates_to_product_reference": "p0",
            "full_product_name": {"product_id": f"app:{name}", "name": f"{name} in app"},
        }
        for number, name in ((1, "a"), (2, "b"))
    ]
    document = read(source)
    (said,) = document.about_images

    assert document.records == ()
    assert (said.image.name, said.image.tag) == ("app", "1.4")
    assert [(one.ecosystem, one.name, one.versions) for one in said.packages] == [("npm", "a", ("1",))]
    assert [one.reason.partition(":")[0] for one in document.unused] == [
        "is an image",
        "is no package URL",
        "is an image",
    ]


def test_a_range_of_images_and_a_range_of_their_parts_say_nothing_of_all_versions() -> None:
    source = csaf({"known_not_affected": ["range", "app:a"]}, "pkg:oci/app", flags=[FLAG])
    helper = {"product_identification_helper": {"purl": "pkg:npm/a"}}
    ranges = [
        {"product_id": "range", "product_identification_helper": {"purl": "pkg:oci/app"}},
        {"product_id": "a", **helper},
    ]
    source["product_tree"]["branches"] = [
        {"category": "product_version_range", "name": "vers:semver/<2.0.0", "product": product} for product in ranges
    ]
    source["product_tree"]["relationships"] = [
        {
            "category": "default_component_of",
            "product_reference": "a",
            "relates_to_product_reference": "p0",
            "full_product_name": {"product_id": "app:a"},
        }
    ]
    document = read(source)

    assert (document.records, document.about_images) == ((), ())
    assert [one.product for one in document.unused] == ["pkg:oci/app", "app:a"]


def test_parts_of_nothing_and_ranges_without_a_name_are_told() -> None:
    source = csaf({"known_affected": ["part", "range", "bare"]})
    helper = {"product_identification_helper": {"purl": "pkg:npm/a"}}
    source["product_tree"] = {
        "branches": [
            {
                "category": "vendor",
                "branches": [
                    {"category": "product_version_range", "product": {"product_id": "range", "name": "<2", **helper}},
                    {"category": "product_name", "product": {"product_id": "bare", "name": "App"}},
                ],
            }
        ],
        "relationships": [{"full_product_name": {"product_id": "part", "name": "a as a part of App"}}],
    }
    document = read(source)
    place = "vulnerabilities[0]"
    assert (document.records, document.unused) == (
        (),
        (
            UnusedProduct(
                place,
                "part",
                "is a part of another product: only packages themselves, and parts of images, can be met",
            ),
            UnusedProduct(place, "pkg:npm/a", "is a range of versions that is not written as `vers:`"),
            UnusedProduct(place, "bare", "has no package URL"),
        ),
    )


def _csaf(status: dict[str, list[str]], **vulnerability: object) -> bytes:
    return json.dumps(csaf(status, "pkg:npm/a@1", **vulnerability)).encode()


def _broken(**changes: object) -> dict[str, Any]:
    return openvex({**statement("CVE-2026-1001", "affected", "pkg:npm/a@1"), **changes})


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff", "not a document that is known"),
        (b"[" * 100_000, "not a document that is known"),
        (b"{}", "no OSV advisory (`id`), OpenVEX (`@context`) or CSAF (`document`)"),
        (b'{"affected":' * 2, "not a document that is known"),
        (json.dumps({"document": {}}).encode(), "not a CSAF document: Object missing required field"),
        (
            json.dumps(osv_record("A-1", modified="soon")).encode(),
            "not an OSV advisory: modified is not a time",
        ),
        (json.dumps(_broken(status="maybe")).encode(), "statements[0].status: 'maybe' is none of not_affected, "),
        (json.dumps(_broken(status="not_affected")).encode(), "statements[0]: not_affected without a justification"),
        (json.dumps(_broken(justification="because")).encode(), "statements[0].justification: 'because' is none of "),
        (json.dumps(_broken(timestamp="soon")).encode(), "statements[0].timestamp: not a time: 'soon'"),
        (json.dumps(_broken(vulnerability={})).encode(), "statements[0].vulnerability: not a text of 1 to 80 "),
        (json.dumps(_broken(products="all")).encode(), "not an OpenVEX document: Expected `array`, got `str`"),
        (_csaf({"known_not_affected": ["p0"]}), "vulnerabilities[0]: 'p0' is known_not_affected without a flag or an "),
        (_csaf({"fixed": ["p9"]}), "vulnerabilities[0]: the product 'p9' is not defined"),
        (_csaf({"mended": ["p0"]}), "vulnerabilities[0].product_status: 'mended' is not known"),
        (_csaf({}, cve=""), "vulnerabilities[0]: not a text of 1 to 80 characters: ''"),
        (json.dumps(openvex(name=" ")).encode(), "@id: not a text of 1 to 200 characters"),
    ],
)
def test_what_cannot_be_used_is_refused_with_file_place_and_reason(content: bytes, problem: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        parse_document(content, "acme.json")
    assert str(refused.value).startswith(f"acme.json: {problem}")


def test_limits_are_named() -> None:
    two = openvex(*[statement(f"CVE-2026-100{number}", "affected", "pkg:npm/a", "pkg:npm/b") for number in (1, 2)])
    content = json.dumps(two).encode()
    for limits, reason in (
        (DocumentLimits(max_document_bytes=100), "over the limit max_document_bytes of 100 bytes"),
        (DocumentLimits(max_statements=1), "more than 1 statements"),
        (DocumentLimits(max_products=3), "statements[1].products[1]: more than 3 products in all"),
    ):
        with pytest.raises(InvalidRequestError) as refused:
            parse_document(content, "acme.json", limits)
        assert str(refused.value) == f"acme.json: {reason}"
