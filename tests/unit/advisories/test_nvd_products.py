"""NVD's ranges of versions for known programs: which records are kept, and which versions they come to."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dogwatch.advisories import Changes, FeedState, Unchanged
from dogwatch.advisories.folder_mirror import FolderMirror
from dogwatch.advisories.nvd_products import SOURCE
from dogwatch.advisories.nvd_versions import write_version
from dogwatch.advisories.source import FetchRequest
from dogwatch.matching import decide, key_affected_ranges, key_package
from dogwatch.model.advisories import Advisory, AffectedPackage, RangeEvent, RangeEventKind, SeverityFact, StatedRange
from dogwatch.model.feeds import ParsedRecord
from dogwatch.model.packages import Package
from dogwatch.model.verdicts import Verdict
from tests.builders.facts import CRITICAL, cpe, nvd_file, nvd_product_record, put_facts
from tests.requirements import requires_shared, shared_data

NOW = datetime(2026, 7, 20, tzinfo=UTC)
OPENSSL = "openssl:openssl"


def fetch(folder: Path, state: FeedState | None = None, known: tuple[tuple[str, datetime], ...] = ()) -> Changes:
    spool = folder / "spool"
    spool.mkdir(exist_ok=True)
    mirror = FolderMirror(folder / "nvd", SOURCE.name)
    fetched = SOURCE.fetch(FetchRequest("CPE", state, known, mirror=mirror, spool=spool, now=NOW))
    assert isinstance(fetched, Changes)
    return fetched


def parsed(changes: Changes) -> list[ParsedRecord]:
    records = list(SOURCE.parse(changes))
    changes.discard()
    return records


def read(folder: Path, *records: dict[str, Any]) -> list[Advisory]:
    put_facts(folder, modified=nvd_file(*records), until=NOW.year)
    found = parsed(fetch(folder))
    assert [one.problem for one in found] == [""] * len(found)
    return [one.advisory for one in found if one.advisory is not None]


def affects(advisory: Advisory, version: str, name: str = OPENSSL) -> Verdict | None:
    package = key_package(Package("CPE", name, version))
    return next((verdict for one in key_affected_ranges(advisory) if (verdict := decide(package, one))), None)


def test_a_record_becomes_an_advisory_of_the_product_that_it_names(tmp_path: Path) -> None:
    other = [[cpe("vendor:other", versionEndExcluding="2.0"), cpe("openssl:openssl_tls", "1.0")]]
    ranges = [[cpe(OPENSSL, versionStartIncluding="3.0", versionEndExcluding="3.0.2"), cpe(OPENSSL, "1.1.1", "beta2")]]
    kept = nvd_product_record("CVE-2026-0001", other, ranges)

    assert read(tmp_path, nvd_product_record("CVE-2026-0002", other), kept) == [
        Advisory(
            source="nvd-products",
            id="NVD-CVE-2026-0001",
            modified_at=datetime(2026, 7, 1, tzinfo=UTC),
            published_at=datetime(2026, 6, 1, 10, tzinfo=UTC),
            withdrawn_at=None,
            summary="",
            details="A flaw",
            upstream=("CVE-2026-0001",),
            affected=(
                AffectedPackage(
                    "CPE",
                    OPENSSL,
                    (
                        StatedRange(
                            "ECOSYSTEM",
                            (
                                RangeEvent(RangeEventKind.INTRODUCED, "3.0.0"),
                                RangeEvent(RangeEventKind.FIXED, "3.0.2"),
                            ),
                        ),
                    ),
                    ("1.1.1~beta2",),
                ),
            ),
            severity=(SeverityFact("CVSS_V3", CRITICAL),),
            references=("https://maker.test/a",),
            cwes=("CWE-787",),
        )
    ]


@pytest.mark.parametrize(
    ("criterion", "inside", "outside"),
    [
        (cpe(OPENSSL, versionStartIncluding="1.0.2", versionEndExcluding="1.0.2zd"), "1.0.2 1.0.2k 1.0.2zc", "1.0.2zd"),
        (cpe(OPENSSL, versionStartExcluding="1.1.1", versionEndIncluding="1.1.1k"), "1.1.1a 1.1.1k", "1.1.1 1.1.1l"),
        (cpe(OPENSSL, versionEndExcluding="3.0.0"), "0.9.8 1.1.1w 3.0.0~alpha1", "3.0.0 3.0.1"),
        (cpe(OPENSSL, "3.2.0", "-"), "3.2.0", "3.2.0~beta1 3.2.1"),
        (cpe(OPENSSL), "0.9.6 3.5.0", ""),
        (cpe(OPENSSL, "1.0.2", vulnerable=False), "", "1.0.2"),
    ],
)
def test_versions_lie_in_the_range_that_nvd_means(
    tmp_path: Path, criterion: dict[str, Any], inside: str, outside: str
) -> None:
    (advisory,) = read(tmp_path, nvd_product_record("CVE-2026-0001", [[criterion]]))
    assert {version: affects(advisory, version) for version in inside.split()} == dict.fromkeys(
        inside.split(), Verdict.AFFECTED
    )
    assert [affects(advisory, version) for version in outside.split()] == [None] * len(outside.split())


def test_versions_that_are_not_told_leave_it_undetermined(tmp_path: Path) -> None:
    alone, beside = read(
        tmp_path,
        nvd_product_record("CVE-2026-0001", [[cpe(OPENSSL, "-")]]),
        nvd_product_record("CVE-2026-0002", [[cpe(OPENSSL, "-"), cpe(OPENSSL, "1.0.1")]]),
    )
    assert [affects(alone, "3.0.0"), affects(beside, "3.0.0")] == [Verdict.UNDETERMINED, None]


def test_what_depends_on_other_products_counts_and_says_so(tmp_path: Path) -> None:
    running_on = [cpe("maker:system", vulnerable=False)]
    (advisory,) = read(tmp_path, nvd_product_record("CVE-2026-0001", [[cpe("haxx:libcurl", "8.1.0")], running_on]))
    assert affects(advisory, "8.1.0", "haxx:curl") is Verdict.AFFECTED
    assert "haxx:curl are concerned only together with other software or hardware" in advisory.details


def test_a_negated_configuration_is_a_problem_and_no_verdict(tmp_path: Path) -> None:
    record = nvd_product_record("CVE-2026-0001", [[cpe(OPENSSL, "1.0.1")]])
    record["cve"]["configurations"][0]["nodes"][0]["negate"] = True
    usable = nvd_product_record("CVE-2026-0001", [[cpe(OPENSSL, "1.0.1")]])
    put_facts(tmp_path, years={2026: nvd_file(usable)}, modified=nvd_file(record), until=NOW.year)
    (found,) = parsed(fetch(tmp_path))
    assert (found.id, found.advisory) == ("NVD-CVE-2026-0001", None)
    assert "negated" in found.problem
    put_facts(tmp_path, years={2026: nvd_file(record)}, modified=nvd_file(usable), until=NOW.year)
    (found,) = parsed(fetch(tmp_path))
    assert (found.problem, found.advisory is None) == ("", False)


def test_changes_are_read_alone_and_what_names_no_product_any_more_affects_nothing(tmp_path: Path) -> None:
    first = nvd_product_record("CVE-2026-0001", [[cpe(OPENSSL, "1.0.1")]])
    put_facts(tmp_path, years={2026: nvd_file(first)}, modified=nvd_file(first), until=NOW.year)
    before = fetch(tmp_path)
    known = tuple((one.id, one.modified_at) for one in parsed(before))
    again = SOURCE.fetch(
        FetchRequest("CPE", before.state, known, mirror=FolderMirror(tmp_path / "nvd", ""), spool=tmp_path, now=NOW)
    )
    changed = nvd_product_record("CVE-2026-0001", [[cpe("a:b", "1")]], modified="2026-07-16T00:00:00.000")
    older = nvd_product_record("CVE-2026-0001", [[cpe(OPENSSL, "9.9.9")]], modified="2026-06-16T00:00:00.000")
    put_facts(tmp_path, modified=nvd_file(changed, older, timestamp="2026-07-16T00:00:00.000"), until=NOW.year)
    (tmp_path / "nvd" / "nvdcve-2.0-2026.json.gz").write_bytes(b"not read")
    after = fetch(tmp_path, before.state, known)

    assert isinstance(again, Unchanged)
    (found,) = parsed(after)
    assert found.advisory is not None
    assert (found.id, found.advisory.affected, after.removed) == ("NVD-CVE-2026-0001", (), ())


def test_for_other_products_everything_is_read_anew(tmp_path: Path) -> None:
    record = nvd_product_record("CVE-2026-0001", [[cpe(OPENSSL, "1.0.1")]])
    put_facts(tmp_path, years={2026: nvd_file(record)}, modified=nvd_file(), until=NOW.year)
    state = fetch(tmp_path).state
    other = FeedState(state.listing_fingerprint.replace("haxx:libcurl", "haxx:other"), "", state.newest_modified_at)
    assert len(fetch(tmp_path, other)) == 1


@pytest.mark.parametrize(
    ("version", "update", "written"),
    [
        ("1.1.1", "pre8", "1.1.1~pre8"),
        ("3.0.0-beta1", "", "3.0.0~beta1"),
        ("1.36", "*", "1.36.0"),
        ("1.2", "rc1", "1.2.0~rc1"),
        ("5.8.0", "patch1", "5.8.0^patch1"),
        (r"1.0.2\-fips", "-", "1.0.2^fips"),
        ("0.9.8ZA", "", "0.9.8za"),
    ],
)
def test_versions_are_written_for_the_order_of_rpm(version: str, update: str, written: str) -> None:
    assert write_version(version, update) == written


@requires_shared()
def test_real_records_of_nvd_are_read_as_the_makers_say(tmp_path: Path) -> None:
    shared = shared_data()
    assert shared is not None
    sample = (shared / "nvd" / "nvdcve-2.0-sample.json.gz").read_bytes()
    put_facts(tmp_path, years={2024: sample}, modified=nvd_file(), until=NOW.year)
    advisories = {one.id: one.advisory for one in parsed(fetch(tmp_path)) if one.advisory}
    told = {
        ("NVD-CVE-2022-0778", OPENSSL): ("1.0.2zc 1.1.1m 3.0.1", "1.0.2zd 1.1.1n 3.0.2"),
        ("NVD-CVE-2014-0224", OPENSSL): ("0.9.8y 1.0.1g", "0.9.8za 1.0.1h"),
        ("NVD-CVE-2024-7264", "haxx:curl"): ("7.32.0 8.9.0", "7.31.0 8.9.1"),
        ("NVD-CVE-2018-1000500", "busybox:busybox"): ("1.31.1", "1.32.0"),
    }
    for (record_id, name), (inside, outside) in told.items():
        assert [affects(advisories[record_id], one, name) for one in inside.split()] == [Verdict.AFFECTED] * len(
            inside.split()
        )
        assert [affects(advisories[record_id], one, name) for one in outside.split()] == [None] * len(outside.split())
