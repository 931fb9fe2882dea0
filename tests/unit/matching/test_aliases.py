"""Which vulnerabilities an advisory is about."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dogwatch.matching import (
    AdvisoryNames,
    VulnerabilityGroup,
    group_vulnerabilities,
    name_advisory,
    names_of_vulnerabilities,
)
from dogwatch.model.advisories import Advisory


def advisory(
    id: str, aliases: tuple[str, ...] = (), upstream: tuple[str, ...] = (), related: tuple[str, ...] = ()
) -> Advisory:
    at = datetime(2026, 7, 15, tzinfo=UTC)
    return Advisory("osv", id, at, None, None, "", "", aliases, upstream, related)


@pytest.mark.parametrize(
    ("document", "names"),
    [
        (advisory("CVE-2020-1000"), ("CVE-2020-1000",)),
        (advisory("GHSA-a", ("CVE-2020-1000", "PYSEC-2020-1")), ("CVE-2020-1000",)),
        (advisory("GHSA-a", ("cve-2020-1000",)), ("CVE-2020-1000",)),
        (advisory("GHSA-a", ("CVE-2020-2000", "CVE-2020-1000")), ("CVE-2020-1000", "CVE-2020-2000")),
        (advisory("DEBIAN-CVE-2004-2541", upstream=("CVE-2004-2541",)), ("CVE-2004-2541",)),
        (advisory("DEBIAN-CVE-2004-2541"), ("CVE-2004-2541",)),
        (
            advisory("DSA-1-1", upstream=("CVE-2006-0042", "DEBIAN-CVE-2006-0042", "CVE-2006-0043")),
            ("CVE-2006-0042", "CVE-2006-0043"),
        ),
        (advisory("DLA-0001-1", related=("CVE-2014-3466",)), ("CVE-2014-3466",)),
        (advisory("RLSA-2022:1", related=("CVE-2014-3466",)), ("CVE-2014-3466",)),
        (advisory("DSA-1-1", ("CVE-2006-0042",), related=("CVE-2006-0099",)), ("CVE-2006-0042",)),
        (advisory("GHSA-a", ("CVE-2022-31151",), related=("CVE-2023-45143",)), ("CVE-2022-31151",)),
        (advisory("GHSA-a", related=("CVE-2023-45143",)), ("GHSA-a",)),
        (advisory("PYSEC-2020-1", ("GHSA-b", "GHSA-a")), ("GHSA-a",)),
        (advisory("PYSEC-2020-1", ("MAL-2020-1", "")), ("MAL-2020-1",)),
        (advisory("DSA-205"), ("DSA-205",)),
        (advisory("X-CVE-2020-1"), ("X-CVE-2020-1",)),
        (advisory("CVE-2020-10000x"), ("CVE-2020-10000x",)),
        (advisory("BIT-node-2023-23936"), ("BIT-node-2023-23936",)),
    ],
)
def test_an_advisory_is_about_every_cve_it_names_or_else_goes_by_its_best_name(
    document: Advisory, names: tuple[str, ...]
) -> None:
    assert names_of_vulnerabilities(document) == names
    assert names_of_vulnerabilities(name_advisory(document)) == names


def test_the_names_of_an_advisory_are_read_once_and_sorted() -> None:
    document = advisory("PYSEC-1", ("GHSA-b", "CVE-2020-2000", "CVE-2020-1000", "GHSA-a", "GHSA-a"))
    assert name_advisory(document) == AdvisoryNames(
        "PYSEC-1", ("CVE-2020-1000", "CVE-2020-2000"), ("GHSA-a", "GHSA-b", "PYSEC-1")
    )


def test_advisories_that_share_a_cve_meet_and_its_group_goes_by_all_their_names() -> None:
    documents = [
        advisory("PYSEC-1", ("CVE-2020-1000",)),
        advisory("GHSA-a", ("CVE-2020-1000", "PYSEC-1")),
        advisory("DEBIAN-CVE-2020-1000", upstream=("CVE-2020-1000",)),
    ]
    assert group_vulnerabilities(documents) == (
        VulnerabilityGroup(
            "CVE-2020-1000",
            ("CVE-2020-1000", "GHSA-a", "PYSEC-1"),
            ("DEBIAN-CVE-2020-1000", "GHSA-a", "PYSEC-1"),
        ),
    )


def test_an_announcement_of_several_is_in_each_group_and_a_name_of_none() -> None:
    documents = [
        advisory("DSA-1-1", upstream=("CVE-2020-1000", "CVE-2020-2000")),
        advisory("GHSA-a", ("CVE-2020-1000",)),
    ]
    assert group_vulnerabilities(documents) == (
        VulnerabilityGroup("CVE-2020-1000", ("CVE-2020-1000", "GHSA-a"), ("DSA-1-1", "GHSA-a")),
        VulnerabilityGroup("CVE-2020-2000", ("CVE-2020-2000",), ("DSA-1-1",)),
    )


def test_an_advisory_without_a_cve_joins_the_one_its_alias_leads_to_even_through_another() -> None:
    documents = [
        advisory("MAL-1", ("MAL-2",)),
        advisory("MAL-2", ("GHSA-a",)),
        advisory("GHSA-a", ("CVE-2020-1000",)),
    ]
    assert group_vulnerabilities(documents) == (
        VulnerabilityGroup(
            "CVE-2020-1000", ("CVE-2020-1000", "GHSA-a", "MAL-1", "MAL-2"), ("GHSA-a", "MAL-1", "MAL-2")
        ),
    )


def test_a_name_that_bridges_two_cves_belongs_to_both_and_never_joins_them() -> None:
    documents = [
        advisory("GHSA-a", ("CVE-2020-1000", "PYSEC-1")),
        advisory("GHSA-b", ("CVE-2020-2000", "PYSEC-1")),
        advisory("PYSEC-1"),
    ]
    assert group_vulnerabilities(documents) == (
        VulnerabilityGroup("CVE-2020-1000", ("CVE-2020-1000", "GHSA-a", "PYSEC-1"), ("GHSA-a", "PYSEC-1")),
        VulnerabilityGroup("CVE-2020-2000", ("CVE-2020-2000", "GHSA-b", "PYSEC-1"), ("GHSA-b", "PYSEC-1")),
    )


def test_what_leads_to_no_cve_forms_a_group_of_its_own_led_by_the_reviewed_name() -> None:
    documents = [advisory("PYSEC-1", ("GHSA-a",)), advisory("MAL-1", ("GHSA-a",)), advisory("PYSEC-2")]
    assert group_vulnerabilities(documents) == (
        VulnerabilityGroup("GHSA-a", ("GHSA-a", "MAL-1", "PYSEC-1"), ("MAL-1", "PYSEC-1")),
        VulnerabilityGroup("PYSEC-2", ("PYSEC-2",), ("PYSEC-2",)),
    )
