"""What documents in hand say of the packages of one image."""

from __future__ import annotations

from typing import Any

import pytest

from dogwatch.flow.reporting import name_images
from dogwatch.matching import Said, Statements, key_affected_ranges, key_package, resolve
from dogwatch.model.advisories import FixState
from dogwatch.model.feeds import VEX_SOURCE
from dogwatch.model.judgements import Subject, SubjectKind
from dogwatch.model.matches import Match
from dogwatch.model.operator_documents import ImageProduct
from dogwatch.model.packages import Package
from dogwatch.model.times import parse_rfc3339
from dogwatch.model.verdicts import Verdict
from tests.builders.statements import NAME, openvex, read, statement

CVE = "CVE-2026-1001"
LIBSSL = Package("Debian:12", "libssl3", "3.0.11-1", "amd64", "openssl", "3.0.11-1")
PURL = "pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12"
DIGEST, OTHER = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
IMAGES = (ImageProduct("app", DIGEST, "ghcr.io/shop/app", "1.4"),)
WHY = "not affected: vulnerable_code_not_present"


def about(
    *documents: dict[str, Any], package: Package = LIBSSL, images: tuple[ImageProduct, ...] = IMAGES
) -> Said | None:
    """What counts of what documents say of the package in the image."""
    found = Statements.of(read(one, f"{number}.json") for number, one in enumerate(documents))
    return found.about(key_package(package), (CVE, "GHSA-aaaa-bbbb-cccc"), images)


def of_image(product: str, *parts: str, status: str = "not_affected") -> dict[str, Any]:
    """A document about an image, or about packages in it."""
    said = statement(CVE, status)
    return openvex({**said, "products": [{"@id": product, "subcomponents": [{"@id": part} for part in parts]}]})


def test_of_several_statements_the_newest_counts_and_then_affected() -> None:
    old = openvex(statement(CVE, "not_affected", PURL), timestamp="2026-07-01T00:00:00Z")
    new = openvex(statement("ghsa-aaaa-BBBB-cccc", "affected", PURL), timestamp="2026-07-02T00:00:00Z")
    moment = parse_rfc3339("2026-07-01T00:00:00Z")
    assert about(old) == Said(Verdict.NOT_AFFECTED, WHY, moment, f"0.json: {NAME}")
    for documents in ((old, new), (new, old), (old, openvex(statement(CVE, "affected", PURL)))):
        said = about(*documents)
        assert said is not None
        assert said.verdict is Verdict.AFFECTED
    assert about(openvex(statement("CVE-2026-1002", "not_affected", PURL))) is None
    assert about(old, package=Package("Debian:11", "libssl3", "3.0.11-1")) is None


@pytest.mark.parametrize("one", ["affected", "not_affected", "fixed", "under_investigation"])
@pytest.mark.parametrize("other", ["affected", "not_affected", "fixed", "under_investigation"])
@pytest.mark.parametrize("days", [1, 2])
def test_what_counts_is_what_would_count_were_the_documents_added(one: str, other: str, days: int) -> None:
    times = ("2026-07-01T00:00:00Z", f"2026-07-0{days}T00:00:00Z")
    documents = [
        read(openvex(statement(CVE, status, PURL), name=name, timestamp=time), f"{name}.json")
        for name, status, time in zip("ab", (one, other), times, strict=True)
    ]
    said = Statements.of(documents).about(key_package(LIBSSL), (CVE,), ())
    affected = Match(0, "DEBIAN-1", "osv", Verdict.AFFECTED, True, FixState.UNKNOWN, "", None)
    stated = [
        Match(1, record.id, VEX_SOURCE, keyed.stated_verdict, True, keyed.fix_state, "", None, (), record.modified_at)
        for document in documents
        for record in document.records
        if record.advisory is not None
        for keyed in key_affected_ranges(record.advisory)
    ]
    assessment = resolve([affected, *stated])
    assert said is not None
    assert assessment is not None
    assert (said.verdict is Verdict.NOT_AFFECTED) is (assessment.verdict is Verdict.NOT_AFFECTED)


@pytest.mark.parametrize(
    ("product", "is_it"),
    [
        ("pkg:oci/app", True),
        ("pkg:oci/other", False),
        (f"pkg:oci/app@{DIGEST}", True),
        (f"pkg:oci/app@{OTHER}", False),
        (f"pkg:oci/renamed@{DIGEST}", True),
        ("pkg:oci/app?repository_url=ghcr.io/shop/app", True),
        ("pkg:oci/app?repository_url=ghcr.io/other/app", False),
        ("pkg:oci/app?repository_url=ghcr.io/shop&tag=1.4", True),
        ("pkg:oci/app?repository_url=ghcr.io/other", False),
        ("pkg:docker/ghcr.io/shop/app@1.4", True),
        ("pkg:docker/shop/app@1.4", False),
        ("pkg:oci/app?tag=1.4", True),
        ("pkg:oci/app?tag=1.5", False),
    ],
)
def test_an_image_is_meant_where_everything_that_is_told_of_it_is_so(product: str, is_it: bool) -> None:
    assert (about(of_image(product)) is not None) is is_it
    assert about(of_image(product), images=()) is None


def test_of_an_image_the_packages_that_are_named_are_meant_and_nothing_where_none_can_be() -> None:
    elsewhere = Package("Debian:12", "zlib1g", "1.0", "amd64", "zlib", "1.0")
    assert about(of_image("pkg:oci/app", PURL)) is not None
    assert about(of_image("pkg:oci/app", PURL), package=elsewhere) is None
    assert about(of_image("pkg:oci/app"), package=elsewhere) is not None
    assert about(of_image("pkg:oci/app", "cpe:2.3:a:acme:app")) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("debian:12", ImageProduct("debian", DIGEST, "debian", "12")),
        ("localhost:5000/app", ImageProduct("app", DIGEST, "localhost:5000/app", "")),
        ("docker:shop/app:dev", ImageProduct("app", DIGEST, "shop/app", "dev")),
        ("oci:build/image:latest", ImageProduct("", DIGEST)),
    ],
)
def test_an_image_is_known_by_its_name_and_its_digests(name: str, expected: ImageProduct) -> None:
    assert name_images(Subject(SubjectKind.IMAGE, name, DIGEST)) == (expected,)
    assert name_images(Subject(SubjectKind.BILL, name, DIGEST)) == ()


def test_public_images_are_the_same_however_much_of_their_name_is_written() -> None:
    images = name_images(Subject(SubjectKind.IMAGE, f"debian@{OTHER}", DIGEST))
    assert [one.digest for one in images] == [DIGEST, OTHER]
    product = f"pkg:oci/debian@{OTHER}?repository_url=index.docker.io/library/debian"
    assert about(of_image(product), images=images) is not None
