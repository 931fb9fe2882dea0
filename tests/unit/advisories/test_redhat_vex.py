"""Red Hat's documents: what is kept of them, and what each statement becomes."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from dogwatch.advisories.csaf_document import UNDEFINED
from dogwatch.advisories.redhat_vex import SOURCE
from dogwatch.model.advisories import (
    Advisory,
    AffectedPackage,
    RangeEvent,
    RangeEventKind,
    SeverityFact,
    StatedRange,
)
from tests.builders.vex import vex

NOW = datetime(2026, 8, 1, tzinfo=UTC)
OPEN = StatedRange("ECOSYSTEM", (RangeEvent(RangeEventKind.INTRODUCED, "0"),))
WORD = (SeverityFact("TEXT", "Moderate"),)


def fixed_in(version: str) -> StatedRange:
    return StatedRange("ECOSYSTEM", (*OPEN.events, RangeEvent(RangeEventKind.FIXED, version)))


def read(content: bytes) -> Advisory:
    return SOURCE.read("REDHAT-CVE-2026-1000", SOURCE.condense(content), NOW)


def said(*statements: tuple[str, str, str], **more: dict[str, str]) -> list[tuple[str, str, str, str]]:
    """Return release, name, state and what of the versions, in the order of the advisory."""
    return [
        (
            one.ecosystem.removeprefix("Red Hat:enterprise_linux:"),
            one.name,
            one.state,
            " ".join(event.version for stated in one.ranges for event in stated.events),
        )
        for one in read(vex(statements=statements, **more)).affected  # type: ignore[arg-type]
    ]


def test_a_document_becomes_an_advisory_of_its_cve_id() -> None:
    bash, zsh = "pkg:rpm/redhat/bash@5.2-1.el9?arch=x86_64&epoch=1", "pkg:rpm/redhat/zsh"
    vector = "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"
    content = vex(
        statements=[("BaseOS-9", bash, "fixed"), ("RHEL-8", zsh, "known_affected")],
        impacts={bash: "Moderate", zsh: "Low"},
        remedies={zsh: "Will not fix"},
        scores=[{"cvss_v3": {"vectorString": vector}, "products": [f"BaseOS-9:{bash}"]}],
        flags=[{"label": "vulnerable_code_not_present", "product_ids": []}],
    )
    assert read(content) == Advisory(
        source="redhat-vex",
        id="REDHAT-CVE-2026-1000",
        modified_at=NOW,
        published_at=datetime(2026, 7, 1, 10, tzinfo=UTC),
        withdrawn_at=None,
        summary="bash: a flaw",
        details="Long.",
        upstream=("CVE-2026-1000",),
        affected=(
            AffectedPackage(
                "Red Hat:enterprise_linux:8", "zsh", (OPEN,), (), "will not fix", (SeverityFact("TEXT", "Low"),)
            ),
            AffectedPackage("Red Hat:enterprise_linux:9", "bash", (fixed_in("1:5.2-1.el9"),)),
        ),
        severity=(SeverityFact("CVSS_V3", vector), *WORD),
        references=("https://access.redhat.com/security/cve/CVE-2026-1000",),
        cwes=("CWE-787",),
    )


def test_what_is_shown_of_a_document_is_kept_where_documents_in_the_osv_format_have_it() -> None:
    bash = "pkg:rpm/redhat/bash"
    content = vex(
        statements=[("RHEL-8", bash, "known_affected"), ("RHEL-8", "pkg:rpm/redhat/zsh", "known_not_affected")],
        impacts={bash: "Important"},
        scores=[{"cvss_v3": {"vectorString": "CVSS:3.1/AV:L"}, "products": [f"RHEL-8:{bash}"]}],
        flags=[{"label": "component_not_present", "product_ids": ["RHEL-8:pkg:rpm/redhat/zsh"]}],
    )
    kept = msgspec.json.decode(SOURCE.condense(content))
    assert {name: kept[name] for name in ("summary", "details", "references", "severity", "database_specific")} == {
        "summary": "bash: a flaw",
        "details": 'Long.\n\nRed Hat\'s reasons where it says "not affected": component not present.',
        "references": [{"url": "https://access.redhat.com/security/cve/CVE-2026-1000"}],
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:L"}],
        "database_specific": {"severity": "Important"},
    }


@pytest.mark.parametrize(
    ("status", "details", "state", "versions"),
    [
        ("known_affected", "Affected", "", "0"),
        ("known_affected", "Fix deferred", "deferred", "0"),
        ("known_affected", "Will not fix", "will not fix", "0"),
        ("known_affected", "Out of support scope", "end of life", "0"),
        ("known_not_affected", "", "not affected", ""),
        ("under_investigation", "", "", ""),
        ("a word of a later version", "", "", ""),
        ("fixed", "", "", ""),  # without a version
    ],
)
def test_each_status_has_its_state(status: str, details: str, state: str, versions: str) -> None:
    url = "pkg:rpm/redhat/bash"
    assert said(("RHEL-8", url, status), remedies={url: details}) == [("8", "bash", state, versions)]


def test_a_plain_image_stands_for_the_main_stream_of_its_release_and_for_extended_life() -> None:
    url = "pkg:rpm/redhat/bash@5.2-{}?arch=x86_64"
    releases = {"RHEL-10": "1.el10_1", "BaseOS-9": "1.el9", "EUS-9.2": "1.el9_2", "ELS-7": "1.el7_9", "Satellite": "2"}
    assert said(*((product, url.format(release), "fixed") for product, release in releases.items())) == [
        ("10", "bash", "", "0 5.2-1.el10_1"),
        ("7", "bash", "", "0 5.2-1.el7_9"),
        ("9", "bash", "", "0 5.2-1.el9"),
    ]


def test_fixes_of_extended_streams_count_for_the_builds_that_have_them() -> None:
    url = "pkg:rpm/redhat/bash@5.2-{}?arch=x86_64"
    assert said(
        ("BaseOS-9", url.format("7.el9_4"), "fixed"),
        ("EUS-9.2", url.format("3.el9_2.1"), "fixed"),
        ("EUS-9.2", "pkg:rpm/redhat/zsh@1-1.el9_2.1?arch=x86_64", "fixed"),
        ("EUS-9.2", "pkg:rpm/redhat/ksh", "known_affected"),
    ) == [("9", "bash", "", "0 5.2-3.el9_2.1 5.2-3.el9_3 5.2-7.el9_4")]


def test_what_is_affected_in_one_repository_is_and_only_what_is_so_in_all_is_not_affected() -> None:
    url = "pkg:rpm/redhat/{}"
    assert said(
        ("RHEL-8", url.format("a"), "known_not_affected"),
        ("AppStream-8", url.format("a"), "known_affected"),
        ("RHEL-8", url.format("b"), "known_not_affected"),
        ("AppStream-8", url.format("b"), "under_investigation"),
        ("AppStream-8", url.format("c@1-1"), "fixed"),
        ("RHEL-8", url.format("c"), "known_affected"),
    ) == [("8", "a", "", "0"), ("8", "b", "", ""), ("8", "c", "", "0"), ("8", "c", "", "0 1-1")]


def test_binaries_count_before_their_source_and_symbols_and_other_kinds_of_packages_not_at_all() -> None:
    assert said(
        ("RHEL-8", "pkg:rpm/redhat/kernel?arch=src", "known_affected"),
        ("RHEL-8", "pkg:rpm/redhat/kernel", "known_affected"),
        ("RHEL-8", "pkg:rpm/redhat/kernel-headers", "known_not_affected"),
        ("RHEL-8", "pkg:rpm/redhat/edk2?arch=src", "known_not_affected"),
        ("RHEL-8", "pkg:rpm/redhat/kernel-debuginfo-common-x86_64", "known_affected"),
        ("RHEL-8", "pkg:rpm/redhat/bash-debugsource", "known_affected"),
        ("RHEL-8", "pkg:oci/redis-6", "known_affected"),
    ) == [("8", "edk2", "not affected", ""), ("8", "kernel", "", "0"), ("8", "kernel-headers", "not affected", "")]


def test_packages_of_a_module_stream_have_a_name_of_their_own() -> None:
    stream = "arch=x86_64&rpmmod=redis:6:8100020250113083959:489197e6"
    assert said(
        ("AppStream-8", f"pkg:rpm/redhat/redis@6.2-1.module%2Bel8.10.0%2B22680%2B748527fd?{stream}", "fixed"),
        ("AppStream-8", "pkg:rpmmod/redhat/redis:5/redis", "known_affected"),
        ("AppStream-8", "pkg:rpm/redhat/firefox?arch=src&rpmmod=rhel10", "known_affected"),
        ("RHEL-8", "pkg:rpm/redhat/redis", "known_not_affected"),
    ) == [
        ("8", "redis", "not affected", ""),
        ("8", "redis:5/redis", "", "0"),
        ("8", "redis:6/redis", "", "0 6.2-1.module+el8.10.0+22680+748527fd"),
        ("8", "unnamed/firefox", "", "0"),
        ("8", "unnamed/firefox", "", "0"),
        ("8", "unnamed/redis", "", "0"),
    ]


def test_an_rpm_of_a_module_that_is_part_of_a_product_is_of_its_stream() -> None:
    module, rpm = "pkg:rpmmod/redhat/redis@6:8100:48", "pkg:rpm/redhat/redis@6.2-1?arch=x86_64"
    tree = msgspec.json.decode(vex(statements=[("AppStream-8", module, "fixed"), ("AppStream-8", rpm, "fixed")]))
    pairs = tree["product_tree"]["relationships"]
    pairs[1]["relates_to_product_reference"] = f"AppStream-8:{module}"
    tree["product_tree"]["relationships"] = pairs[::-1]
    names = [one.name for one in read(msgspec.json.encode(tree)).affected]
    assert "redis:6/redis" in names
    assert "redis" not in names


def test_products_outside_all_branches_are_products_as_well() -> None:
    tree = msgspec.json.decode(vex())
    (vendor,) = tree["product_tree"].pop("branches")
    tree["product_tree"]["full_product_names"] = [branch["product"] for branch in vendor["branches"]]
    assert [one.name for one in read(msgspec.json.encode(tree)).affected] == ["bash"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"[]", "Expected `object`"),
        (b"{", "truncated"),
        (vex(cve="CVE-1"), "not a CVE id: 'CVE-1'"),
        (vex().replace(b'"vulnerabilities": [', b'"vulnerabilities": [{}, '), "about more than one vulnerability"),
        (
            vex(product_status={"fixed": [f"nobody {number}" for number in range(101)]}),
            "more than 100 parts that cannot be read, the first of them: nobody 0",
        ),
    ],
)
def test_a_document_that_cannot_be_used_is_refused(content: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        SOURCE.condense(content)


def test_a_product_that_is_not_defined_costs_what_may_be_said_of_it_and_no_more() -> None:
    bash, zsh, ksh = (f"pkg:rpm/redhat/{name}@5.2-1.el9?arch=x86_64" for name in ("bash", "zsh", "bash-completion"))
    clean = [("BaseOS-9", url, "known_not_affected") for url in (bash, zsh, ksh)]
    told = msgspec.json.decode(vex(statements=[*clean, ("AppStream-8", bash, "fixed")]))
    told["vulnerabilities"][0]["product_status"]["known_affected"] = [
        "BaseOS-9:bash-0:5.2-1.el9.src",
        "nobody:zsh",
        "Satellite:bash-completion",  # which nobody asks for
    ]
    found = read(msgspec.json.encode(told))

    assert [(one.ecosystem[-1], one.name, one.state, bool(one.ranges), one.problem) for one in found.affected] == [
        ("8", "bash", "", True, ""),
        ("9", "bash", "", False, UNDEFINED),
        ("9", "bash-completion", "not affected", False, ""),
        ("9", "zsh", "", False, UNDEFINED),
    ]
    assert found.unread == (
        "says something of 'BaseOS-9:bash-0:5.2-1.el9.src', which it does not define",
        "says something of 'nobody:zsh', which it does not define",
    )


def test_branches_without_end_are_refused() -> None:
    with pytest.raises(RecursionError):
        SOURCE.condense(b'{"document": {"tracking": {}}, "product_tree": ' + b'{"branches": [' * 100_000)


@pytest.mark.parametrize(("name", "word"), [("a" * 600, "Low"), ("a%00", "Low"), ("a", "L\0w")])
def test_a_text_that_decides_and_cannot_be_kept_refuses_the_record(name: str, word: str) -> None:
    url = f"pkg:rpm/redhat/{name}"
    with pytest.raises(ValueError, match="cannot be kept"):
        read(vex(statements=[("RHEL-8", url, "known_affected")], impacts={url: word}))
