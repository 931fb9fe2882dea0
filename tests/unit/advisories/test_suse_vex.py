"""SUSE's VEX documents: what has no fix or needs none, in the releases that images tell; the archive without a day."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dogwatch.advisories.csaf_document import UNDEFINED
from dogwatch.advisories.csaf_record import read_document
from dogwatch.advisories.folder_mirror import FolderMirror
from dogwatch.advisories.source import Changes, FetchRequest
from dogwatch.advisories.suse_vex import OPENSUSE, SUSE, SuseVexSource
from dogwatch.matching import decide, key_affected_ranges, key_package
from dogwatch.model.advisories import Advisory, AffectedPackage, FixState, SeverityFact, UnaffectedPackages
from dogwatch.model.packages import Package
from dogwatch.model.verdicts import Verdict
from tests.builders.vex import archive, listing, put, vex

NOW = datetime(2026, 8, 1, tzinfo=UTC)
SERVER, LTSS = "SUSE Linux Enterprise Server 15 SP6", "SUSE Linux Enterprise Server 15 SP6-LTSS"
BASE, PYTHON = (f"SUSE Linux Enterprise Module for {name} 15 SP6" for name in ("Basesystem", "Python 3"))
SAP, LEAP, TUMBLEWEED = (
    "SUSE Linux Enterprise Server for SAP Applications 15 SP6",
    "openSUSE Leap 15.6",
    "openSUSE Tumbleweed",
)
PRODUCTS = dict.fromkeys((SERVER, LTSS, BASE, PYTHON, SAP, LEAP, TUMBLEWEED), "cpe:/o:suse:any")
RELEASE = "SUSE:Linux Enterprise Server 15 SP6"
VECTOR = "CVSS:3.1/AV:N/AC:H/PR:L/UI:N/S:U/C:N/I:L/A:H"
AFFECTED, CLEAN, FIXED = "known_affected", "known_not_affected", "recommended"


def document(cve: str, *statements: tuple[str, str, str], released: str = "2026-07-01T10:00:00Z", **said: str) -> bytes:
    """Write a document as SUSE does: rpms have ids and nothing else, severity stands once; `said` are remedies."""
    told = json.loads(
        vex(
            cve,
            statements,
            products=PRODUCTS,
            remedies=said,
            scores=[{"cvss_v3": {"vectorString": VECTOR}, "products": []}],
            threats=[{"category": "impact", "details": "moderate"}],
        )
    )
    told["document"] |= {
        "aggregate_severity": {"text": "moderate"},
        "notes": [{"category": "description", "text": "Of the CVE id."}],
        "tracking": {"id": cve, "current_release_date": released},
    }
    return json.dumps(told).encode()


def advisory(content: bytes, source: SuseVexSource = SUSE) -> Advisory:
    return source.read("A", source.condense(content), NOW)


def said(content: bytes, source: SuseVexSource = SUSE) -> list[tuple[str, str, str]]:
    """Return release, rpm and what is said of it: the state, and whether any version is affected."""
    found = advisory(content, source).affected
    return [(one.ecosystem, one.name, one.state or ("affected" if one.ranges else "unknown")) for one in found]


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([(SERVER, "xz", AFFECTED)], "affected"),
        ([(BASE, "xz", AFFECTED), (SERVER, "xz", CLEAN)], "affected"),
        ([(SERVER, "xz", "under_investigation")], "unknown"),
        ([(SERVER, "xz", "a new word"), (BASE, "xz", CLEAN)], "unknown"),
        ([(SERVER, "xz", CLEAN)], None),
        ([(SAP, "xz", AFFECTED)], None),
        ([(SERVER, "xz", AFFECTED), (LTSS, "xz-5.4.1-150600.3.2", FIXED)], None),  # which such images hold
        ([(SERVER, "xz", AFFECTED), (PYTHON, "xz-5.4.1-150600.3.2", "first_fixed")], None),
        ([(SERVER, "xz", AFFECTED), (BASE, "xz-devel-5.4.1-150600.3.2", FIXED)], "affected"),
        ([(SERVER, "xz", AFFECTED), (TUMBLEWEED, "xz-5.8.1-1.1", FIXED)], "affected"),
    ],
)
def test_what_is_affected_in_a_release_and_has_no_fix_in_any_of_its_products_is_stated(
    statements: list[tuple[str, str, str]], expected: str | None
) -> None:
    content = document("CVE-2026-1000", *statements)
    assert said(content) == ([(RELEASE, "xz", expected)] if expected else [])


def test_what_is_not_affected_in_any_product_of_a_release_is_kept_and_no_range_is_made_of_it() -> None:
    statements = [(product, name, CLEAN) for product in (SERVER, BASE, LEAP, TUMBLEWEED) for name in ("xz", "zlib")]
    content = document("CVE-2026-1000", *statements, (LEAP, "bash", CLEAN), (TUMBLEWEED, "zlib-1.3-1.1", FIXED))
    both, leap = ("openSUSE:Leap 15.6", "openSUSE:Tumbleweed"), ("openSUSE:Leap 15.6",)

    assert said(content) == said(content, OPENSUSE) == []
    assert read_document(SUSE.condense(content)).not_affected == (UnaffectedPackages((RELEASE,), ("xz", "zlib")),)
    assert read_document(OPENSUSE.condense(content)).not_affected == (
        UnaffectedPackages(leap, ("bash", "zlib")),
        UnaffectedPackages(both, ("xz",)),
    )


def test_what_is_said_of_a_product_that_is_not_defined_leaves_its_package_undetermined() -> None:
    told = json.loads(document("CVE-2026-1000", *((SERVER, name, CLEAN) for name in ("xz", "bash", "zlib"))))
    told["vulnerabilities"][0]["product_status"]["known_affected"] = [f"{SERVER}-ESPOS:xz", "odd:bash-5.2-1.1"]
    found = advisory(json.dumps(told).encode())

    assert found.affected == tuple(AffectedPackage(RELEASE, name, problem=UNDEFINED) for name in ("bash", "xz"))
    assert read_document(SUSE.condense(json.dumps(told).encode())).not_affected == (
        UnaffectedPackages((RELEASE,), ("zlib",)),
    )


def test_what_is_not_affected_and_cannot_be_kept_refuses_the_document() -> None:
    with pytest.raises(ValueError, match="a name or version that cannot be kept"):
        advisory(document("CVE-2026-1000", (SERVER, "x" * 100_000, CLEAN)))


def test_no_fix_will_come_where_every_affected_product_says_so() -> None:
    both = [(SERVER, "xz", AFFECTED), (SERVER, "bash", AFFECTED), (BASE, "bash", AFFECTED)]
    content = document("CVE-2026-1000", *both, xz="Out of support scope", bash="Out of support scope")

    assert said(content) == [(RELEASE, "bash", "affected"), (RELEASE, "xz", "will not fix")]


def test_each_family_has_its_own_part_of_a_document() -> None:
    name = "libjavascriptcoregtk-4_0-18"
    content = document("CVE-2026-1000", (SERVER, name, AFFECTED), (LEAP, name, AFFECTED), (TUMBLEWEED, name, AFFECTED))

    assert said(content) == [(RELEASE, name, "affected")]
    assert said(content, OPENSUSE) == [
        ("openSUSE:Leap 15.6", name, "affected"),
        ("openSUSE:Tumbleweed", name, "affected"),
    ]


@pytest.mark.parametrize(("source", "release"), [(SUSE, RELEASE), (OPENSUSE, "openSUSE:Leap 15.6")])
def test_every_version_that_an_image_has_is_affected_until_there_is_a_fix(source: SuseVexSource, release: str) -> None:
    found = advisory(document("CVE-2026-1000", (BASE, "xz", AFFECTED), (LEAP, "xz", AFFECTED)), source)
    package = key_package(Package(release, "xz", "5.4.1-150600.3.1", "x86_64", "xz", "5.4.1-150600.3.1"))
    (range_,) = key_affected_ranges(found)

    assert (decide(package, range_), range_.fix_state) == (Verdict.AFFECTED, FixState.NOT_FIXED)


def test_severity_and_text_are_those_of_the_document() -> None:
    found = advisory(document("CVE-2026-1000", (SERVER, "xz", AFFECTED)))

    assert found.severity == (SeverityFact("CVSS_V3", VECTOR), SeverityFact("TEXT", "moderate"))
    assert found.details.startswith("Of the CVE id.")
    assert found.upstream == ("CVE-2026-1000",)


def test_a_document_about_a_cve_id_that_concerns_nobody_is_kept_with_nothing_affected() -> None:
    meta = {"title": "SUSE CVE CVE-1999-0003", "tracking": {"id": "CVE-1999-0003"}}
    found = advisory(json.dumps({"document": meta}).encode())

    assert (found.upstream, found.affected) == (("CVE-1999-0003",), ())


@pytest.mark.parametrize(
    "text",
    [
        "** REJECT ** DO NOT USE THIS CANDIDATE NUMBER. Reason: not a security issue.",
        "Rejected reason: This CVE ID has been rejected or withdrawn by its CVE Numbering Authority.",
    ],
)
def test_an_id_that_was_rejected_concerns_nobody_whatever_else_stands_there(text: str) -> None:
    told = json.loads(document("CVE-2026-1000", (SERVER, "ncurses", AFFECTED)))
    told["document"]["notes"][0]["text"] = text

    assert said(json.dumps(told).encode()) == []


def test_a_document_that_the_archive_has_older_than_listed_is_fetched_singly(tmp_path: Path) -> None:
    new, old = "2026-07-03T10:00:00Z", "2026-07-02T10:00:00Z"
    one, two = (f"csaf-vex/cve-2026-{number}.json" for number in (1001, 1002))
    affected = (SERVER, "xz", AFFECTED)
    put(
        tmp_path / "feed",
        {
            "csaf-vex/changes.csv": listing({one[9:]: new, two[9:]: new}),
            "csaf-vex.tar.bz2": archive(
                {
                    one: document("CVE-2026-1001", affected, released=new),
                    two: document("CVE-2026-1002", affected, released=old),
                }
            ),
            two: document("CVE-2026-1002", (SERVER, "bash", AFFECTED), released=new),
        },
    )
    (tmp_path / "spool").mkdir()
    mirror = FolderMirror(tmp_path / "feed", SUSE.name)
    fetched = SUSE.fetch(FetchRequest("SUSE", None, (), mirror=mirror, spool=tmp_path / "spool", now=NOW))
    assert isinstance(fetched, Changes)
    records = {record.id: record.advisory for record in SUSE.parse(fetched)}
    fetched.discard()

    assert {name: [each.name for each in found.affected] for name, found in records.items() if found} == {
        "SUSE-CVE-2026-1001": ["xz"],
        "SUSE-CVE-2026-1002": ["bash"],
    }
