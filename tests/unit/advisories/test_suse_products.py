"""Records of SUSE's products become statements about the release and the binaries that an image tells."""

from __future__ import annotations

import json

import pytest

from dogwatch.advisories import parse_advisory
from dogwatch.advisories.suse_products import release_of_product
from tests.builders.advisories import encode_record, osv_record

MODULE = "SUSE:Linux Enterprise Module for {} 15 SP5"


def said(*entries: tuple[str, str, str, object]) -> list[tuple[str, str, str]]:
    """Return ecosystem, name and fix of every statement of a record of these products, names, fixes and binaries."""
    record = {
        "id": "SUSE-SU-2026:1-1",
        "modified": "2026-07-01T00:00:00Z",
        "affected": [
            {
                "package": {"ecosystem": ecosystem, "name": name},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}],
                "ecosystem_specific": {"binaries": binaries},
            }
            for ecosystem, name, fixed, binaries in entries
        ],
    }
    advisory = parse_advisory(json.dumps(record).encode())
    return [(one.ecosystem, one.name, one.ranges[0].events[1].version) for one in advisory.affected]


@pytest.mark.parametrize(
    ("product", "release"),
    [
        (MODULE.format("Basesystem"), "SUSE:Linux Enterprise Server 15 SP5"),
        (MODULE.format("Web and Scripting"), "SUSE:Linux Enterprise Server 15 SP5"),
        ("SUSE:Linux Enterprise Server 15 SP5", "SUSE:Linux Enterprise Server 15 SP5"),
        ("SUSE:Linux Enterprise Server 15 SP3-LTSS", "SUSE:Linux Enterprise Server 15 SP3"),
        ("SUSE:Linux Enterprise Server 11 SP4 LTSS", "SUSE:Linux Enterprise Server 11 SP4"),
        ("SUSE:Linux Enterprise Module for Basesystem 15", "SUSE:Linux Enterprise Server 15"),
        ("SUSE:Linux Enterprise Server 16.0", "SUSE:Linux Enterprise Server 16.0"),
        ("SUSE:Linux Enterprise Server 12 SP5", "SUSE:Linux Enterprise Server 12 SP5"),
        *(
            (each, each)
            for each in (
                "SUSE:Linux Enterprise Module for Public Cloud 12",
                "SUSE:Linux Enterprise Server for SAP Applications 15 SP5",
                "SUSE:Package Hub 12",
                "openSUSE:Leap 15.6",
            )
        ),
    ],
)
def test_an_image_of_a_service_pack_is_its_modules_and_its_long_term_support(product: str, release: str) -> None:
    assert release_of_product(product) == release


def test_statements_are_by_binary_each_once_whichever_product_names_it() -> None:
    binaries = [{"python311-cryptography": "41.0.3-1", "python311-cffi": "1.15-1"}]
    release = "SUSE:Linux Enterprise Server 15 SP5"
    assert said(
        (MODULE.format("Python 3"), "python-cryptography", "41.0.3-1", binaries),
        (MODULE.format("Python 3"), "python-cffi", "1.15-1", binaries),
        (MODULE.format("Basesystem"), "bash", "5.2-1", [{}]),
        ("openSUSE:Leap 15.6", "bash", "5.2-1", [{"bash-lang": "5.2-1"}]),
        ("Debian:12", "bash", "5.2-1", [{"bash-doc": "1"}]),
    ) == [
        (release, "python311-cryptography", "41.0.3-1"),
        (release, "python311-cffi", "1.15-1"),
        (release, "bash", "5.2-1"),
        ("openSUSE:Leap 15.6", "bash-lang", "5.2-1"),
        ("Debian:12", "bash", "5.2-1"),
    ]


@pytest.mark.parametrize("binaries", [{"bash": "1"}, ["bash"], [{"bash": 1}], [{"b" * 600: "1"}]])
def test_binaries_that_are_none_leave_open_which_package_is_meant(binaries: object) -> None:
    record = osv_record("SUSE-SU-2026:1", ecosystem="openSUSE:Leap 15.6", name="bash", fixed="5.2-1")
    record["affected"][0]["ecosystem_specific"] = {"binaries": binaries}
    found = parse_advisory(encode_record(record))

    assert found.affected == ()
    assert [text.partition(":")[0] for text in found.unread] == ["affected[0]"]
