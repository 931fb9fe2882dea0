"""Debian's tracker: each status is the statement that it means."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dogwatch.advisories.debian_tracker import SOURCE
from dogwatch.advisories.folder_mirror import FolderMirror
from dogwatch.advisories.source import Changes, FetchRequest
from dogwatch.matching import key_affected_ranges
from dogwatch.model.advisories import AffectedPackage, FixState, SeverityFact
from dogwatch.model.feeds import ParsedRecord
from dogwatch.model.verdicts import Verdict
from tests.builders.advisories import tracker

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def read(tmp_path: Path, content: bytes) -> list[ParsedRecord]:
    (tmp_path / "json").write_bytes(content)
    (tmp_path / "spool").mkdir()
    mirror = FolderMirror(tmp_path, "debian-tracker")
    changes = SOURCE.fetch(FetchRequest("Debian", None, (), mirror=mirror, spool=tmp_path / "spool", now=NOW))
    assert isinstance(changes, Changes)
    return list(SOURCE.parse(changes))


@pytest.mark.parametrize(
    ("said", "verdict", "fix_state", "fixed"),
    [
        ({"status": "resolved", "fixed_version": "1.2-3"}, Verdict.AFFECTED, FixState.FIXED, "1.2-3"),
        ({"status": "resolved", "fixed_version": "0"}, Verdict.NOT_AFFECTED, FixState.UNKNOWN, ""),
        ({"status": "open"}, Verdict.AFFECTED, FixState.NOT_FIXED, ""),
        ({"status": "open", "nodsa": "Minor issue", "nodsa_reason": ""}, Verdict.AFFECTED, FixState.NOT_FIXED, ""),
        ({"status": "open", "nodsa_reason": "ignored"}, Verdict.AFFECTED, FixState.WILL_NOT_FIX, ""),
        ({"status": "open", "nodsa_reason": "postponed"}, Verdict.AFFECTED, FixState.DEFERRED, ""),
        ({"status": "open", "urgency": "end-of-life"}, Verdict.AFFECTED, FixState.END_OF_LIFE, ""),
    ],
)
def test_a_status_becomes_what_it_means(
    tmp_path: Path, said: dict[str, str], verdict: Verdict, fix_state: FixState, fixed: str
) -> None:
    (record,) = read(tmp_path, tracker({"bash": {"CVE-2026-1": {"bookworm": said}}}))
    assert record.id == "DEBIAN-TRACKER-bash-CVE-2026-1"
    assert record.advisory is not None
    (found,) = key_affected_ranges(record.advisory)
    assert (found.ecosystem, found.name) == ("Debian:12", "bash")
    assert (found.stated_verdict, found.fix_state, found.fixed) == (verdict, fix_state, fixed)


def test_undetermined_is_neither_affected_nor_clean(tmp_path: Path) -> None:
    (record,) = read(tmp_path, tracker({"bash": {"CVE-2026-1": {"trixie": {"status": "undetermined"}}}}))
    assert record.advisory is not None
    (found,) = key_affected_ranges(record.advisory)
    assert (found.ecosystem, found.low, bool(found.not_comparable)) == ("Debian:13", None, True)


def test_an_urgency_is_a_word_of_severity_unless_nobody_assigned_one(tmp_path: Path) -> None:
    releases = {
        "bookworm": {"status": "open", "urgency": "low**"},
        "sid": {"status": "open", "urgency": "unimportant"},
        "trixie": {"status": "open", "urgency": "not yet assigned"},
    }
    (record,) = read(tmp_path, tracker({"bash": {"CVE-2026-1": releases}}))
    assert record.advisory is not None
    assert [(one.ecosystem, one.severity) for one in record.advisory.affected] == [
        ("Debian:12", (SeverityFact("TEXT", "low"),)),
        ("Debian:sid", (SeverityFact("TEXT", "unimportant"),)),
        ("Debian:13", ()),
    ]


def test_a_release_that_nobody_here_knows_is_left_out(tmp_path: Path) -> None:
    (record,) = read(tmp_path, tracker({"bash": {"CVE-2026-1": {"trixie-security": {"status": "open"}}}}))
    assert record.advisory is not None
    assert record.advisory.affected == ()


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"status": "perhaps"}, "an unknown status: 'perhaps'"),
        ({"status": "resolved"}, "resolved, and no version that it is resolved in"),
        ({"status": "resolved", "fixed_version": "1\0"}, "a name or version that cannot be kept"),
        ({"status": "resolved", "fixed_version": "1" * 513}, "a name or version that cannot be kept"),
        ({"status": "open", "urgency": 1}, "Expected `str`, got `int` - at `$.urgency`"),
        ("open", "Expected `object`, got `str`"),
    ],
)
def test_what_is_not_right_of_a_release_leaves_the_package_undetermined_there_and_costs_no_other(
    tmp_path: Path, said: dict[str, str], problem: str
) -> None:
    (record,) = read(tmp_path, tracker({"bash": {"CVE-2026-1": {"bookworm": said, "sid": {"status": "open"}}}}))
    assert record.advisory is not None
    there, elsewhere = record.advisory.affected
    assert there == AffectedPackage("Debian:12", "bash", problem=problem)
    assert (elsewhere.ecosystem, elsewhere.problem) == ("Debian:sid", "")


@pytest.mark.parametrize(("length", "is_kept"), [(256, True), (257, False)])
def test_an_id_may_have_as_many_characters_as_any_identifier(tmp_path: Path, length: int, is_kept: bool) -> None:
    name = "CVE-2026-".ljust(length, "1")
    (record,) = read(tmp_path, tracker({"bash": {name: {"bookworm": {"status": "open"}}}}))
    assert (record.advisory is not None) is is_kept


def test_an_issue_that_says_nothing_of_any_release_is_a_problem(tmp_path: Path) -> None:
    (record,) = read(tmp_path, b'{"bash": {"CVE-2026-1": {"description": "x"}}}')
    assert (record.advisory, record.problem) == (
        None,
        "debian-tracker: Object missing required field `releases`",
    )


def test_zero_characters_in_what_is_only_shown_are_replaced(tmp_path: Path) -> None:
    said = {"status": "open", "urgency": "low\0"}
    (record,) = read(tmp_path, tracker({"bash": {"CVE-2026-1": {"bookworm": said}}}))
    assert record.advisory is not None
    assert record.advisory.affected[0].severity == (SeverityFact("TEXT", "low\N{REPLACEMENT CHARACTER}"),)
