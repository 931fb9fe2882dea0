"""Photon's statements by release: fixed, not affected, and every other word."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dogwatch.advisories import Changes
from dogwatch.advisories.folder_mirror import FolderMirror
from dogwatch.advisories.photon import SOURCE
from dogwatch.advisories.source import FetchRequest
from dogwatch.matching import decide, key_affected_ranges, key_package
from dogwatch.model.advisories import Advisory, AffectedPackage, RangeEvent, RangeEventKind, StatedRange
from dogwatch.model.errors import MalformedSnapshotError
from dogwatch.model.packages import Package
from dogwatch.model.verdicts import Verdict
from tests.builders.advisories import photon

NOW = datetime(2026, 7, 31, tzinfo=UTC)
INTRODUCED = RangeEvent(RangeEventKind.INTRODUCED, "0")


def read(folder: Path, content: bytes) -> list[Advisory]:
    (folder / "cve_data_photon5.0.json").write_bytes(content)
    mirror = FolderMirror(folder, SOURCE.name)
    changes = SOURCE.fetch(FetchRequest("Photon OS:5.0", None, (), mirror=mirror, spool=folder, now=NOW))
    assert isinstance(changes, Changes)
    return [one.advisory for one in SOURCE.parse(changes) if one.advisory is not None]


def test_each_vulnerability_says_what_holds_for_each_package(tmp_path: Path) -> None:
    content = photon(
        ("CVE-2025-9086", "curl-libs", "Fixed", "8.16.0-1.ph5"),
        ("CVE-2025-9086", "curl", "Fixed", "8.16.0-1.ph5"),
        ("BDSA-2025-13833", "consul", "Not Affected", "NA"),
        ("CVE-2026-1000", "bash", "Not Fixed", "NA"),
        ("CVE-2026-1000", "zlib", "Fixed", "NA"),
        ("UNK-1", "curl", "Not Affected", "NA"),
        ("Re", "linux", "Not Affected", "NA"),
    )
    until = StatedRange("ECOSYSTEM", (INTRODUCED, RangeEvent(RangeEventKind.FIXED, "8.16.0-1.ph5")))
    family = "Photon OS:5.0"
    assert [(one.id, one.upstream, one.affected) for one in read(tmp_path, content)] == [
        (
            "PHOTON-5.0-BDSA-2025-13833",
            ("BDSA-2025-13833",),
            (AffectedPackage(family, "consul", state="not affected"),),
        ),
        (
            "PHOTON-5.0-CVE-2025-9086",
            ("CVE-2025-9086",),
            (AffectedPackage(family, "curl", (until,)), AffectedPackage(family, "curl-libs", (until,))),
        ),
        (
            "PHOTON-5.0-CVE-2026-1000",
            ("CVE-2026-1000",),
            (
                AffectedPackage(family, "bash", (StatedRange("ECOSYSTEM", (INTRODUCED,)),)),
                AffectedPackage(family, "zlib"),  # undetermined
            ),
        ),
    ]


@pytest.mark.parametrize(
    ("version", "verdict"), [("8.15.0-3.ph5", Verdict.AFFECTED), ("8.16.0-1.ph5", None), ("8.16.0-2.ph5", None)]
)
def test_a_package_of_the_release_is_judged_by_its_own_name(
    tmp_path: Path, version: str, verdict: Verdict | None
) -> None:
    (advisory,) = read(tmp_path, photon(("CVE-2025-9086", "curl-libs", "Fixed", "8.16.0-1.ph5")))
    package = key_package(Package("Photon OS:5.0", "curl-libs", version, "x86_64", "curl", version))
    assert [decide(package, one) for one in key_affected_ranges(advisory)] == [verdict]


@pytest.mark.parametrize("content", [b"", b"{}", b'[{"cve_id": 1}]', json.dumps([]).encode()])
def test_what_is_no_list_of_statements_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(MalformedSnapshotError):
        read(tmp_path, content)
