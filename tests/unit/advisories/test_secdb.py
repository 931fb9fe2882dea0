"""Alpine's security database and its relatives: records, ids, and what a fixed version says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dogwatch.advisories import alpine, wolfi
from dogwatch.advisories.folder_mirror import FolderMirror
from dogwatch.advisories.source import Changes, FetchRequest
from dogwatch.matching import key_affected_ranges
from dogwatch.model.advisories import AffectedRange
from dogwatch.model.feeds import ParsedRecord
from dogwatch.model.verdicts import Verdict
from tests.builders.advisories import secdb

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def read(tmp_path: Path, *files: dict[str, dict[str, list[str]]]) -> list[ParsedRecord]:
    for repository, packages in zip(("main", "community"), files, strict=False):
        path = tmp_path / "v3.22" / f"{repository}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(secdb(packages))
    (tmp_path / "spool").mkdir()
    mirror = FolderMirror(tmp_path, "alpine-secdb")
    changes = alpine.SOURCE.fetch(
        FetchRequest("Alpine:v3.22", None, (), mirror=mirror, spool=tmp_path / "spool", now=NOW)
    )
    assert isinstance(changes, Changes)
    return list(alpine.SOURCE.parse(changes))


def ranges(record: ParsedRecord) -> list[AffectedRange]:
    assert record.advisory is not None, record.problem
    return list(key_affected_ranges(record.advisory))


def test_a_vulnerability_is_one_record_whatever_packages_and_files_name_it(tmp_path: Path) -> None:
    (record,) = read(
        tmp_path, {"curl": {"8.1.0-r0": ["CVE-2026-1"]}}, {"curl-doc": {"8.1.0-r0": ["CVE-2026-1"], "9-r0": []}}
    )
    assert record.id == "ALPINE-v3.22-CVE-2026-1"
    assert record.advisory is not None
    assert record.advisory.upstream == ("CVE-2026-1",)
    assert [(one.ecosystem, one.name, one.fixed) for one in ranges(record)] == [
        ("Alpine:v3.22", "curl", "8.1.0-r0"),
        ("Alpine:v3.22", "curl-doc", "8.1.0-r0"),
    ]


def test_several_ids_in_one_text_are_several_and_remarks_are_none(tmp_path: Path) -> None:
    found = read(tmp_path, {"tcpdump": {"4.9-r0": ["CVE-2026-1 GHSA-aaaa-bbbb-cccc", "CVE-2026-2 (802.11)", ""]}})
    assert [record.id for record in found] == [
        "ALPINE-v3.22-CVE-2026-1",
        "ALPINE-v3.22-CVE-2026-2",
        "ALPINE-v3.22-GHSA-aaaa-bbbb-cccc",
    ]


def test_version_zero_says_that_the_release_was_never_affected(tmp_path: Path) -> None:
    (record,) = read(tmp_path, {"curl": {"0": ["CVE-2026-1"]}})
    assert [one.stated_verdict for one in ranges(record)] == [Verdict.NOT_AFFECTED]


def test_a_name_that_cannot_be_kept_is_a_problem_of_its_record_alone(tmp_path: Path) -> None:
    long, fine = read(tmp_path, {"x" * 600: {"1-r0": ["CVE-2026-1"]}, "curl": {"1-r0": ["CVE-2026-2"]}})
    assert long.advisory is None
    assert long.problem == "alpine-secdb: a name or version that cannot be kept"
    assert fine.advisory is not None


@pytest.mark.parametrize(
    ("ecosystem", "expected"),
    [("Alpine", True), ("Alpine:v3.22", True), ("Alpine:edge", True), ("Alpine:../../etc", False), ("Wolfi", False)],
)
def test_which_ecosystems_alpine_speaks_for(ecosystem: str, expected: bool) -> None:
    assert alpine.SOURCE.covers(ecosystem) is expected


def test_wolfi_has_no_releases() -> None:
    assert (wolfi.SOURCE.covers("Wolfi"), wolfi.SOURCE.covers("Wolfi:1"), wolfi.SOURCE.by_release) == (
        True,
        False,
        False,
    )
