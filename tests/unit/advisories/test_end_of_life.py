"""Releases past their last day: which ones, from when on, and what is said of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from dogwatch.advisories import Changes, Unchanged
from dogwatch.advisories.end_of_life import SOURCE, EndOfLifeSource
from dogwatch.advisories.folder_mirror import FolderMirror
from dogwatch.advisories.source import FetchRequest, FetchResult
from dogwatch.inventory.build import build_inventory
from dogwatch.matching import decide, key_affected_ranges, key_package
from dogwatch.model.advisories import Advisory, FixState, SeverityFact
from dogwatch.model.images import Platform
from dogwatch.model.packages import Package, Provenance
from dogwatch.model.release_endings import LAST_DAYS, RELEASE_PACKAGE, RELEASES_ECOSYSTEM
from dogwatch.model.verdicts import Verdict
from tests.builders.layers import dpkg_status, file, os_release, read_members, stanza

TWO = EndOfLifeSource(last_days={"Debian:10": date(2024, 6, 30), "Alpine:v3.22": date(2027, 5, 1)})
BUSTER = Package(RELEASES_ECOSYSTEM, RELEASE_PACKAGE, "Debian:10")


def fetch(tmp_path: Path, now: datetime, before: FetchResult | None = None, known: tuple[str, ...] = ()) -> FetchResult:
    mirror = FolderMirror(tmp_path / "nowhere", "end-of-life")
    state = before.state if before is not None else None
    held = [(each, now) for each in known]
    return TWO.fetch(FetchRequest(RELEASES_ECOSYSTEM, state, held, mirror=mirror, spool=tmp_path, now=now))


def advisories(found: FetchResult) -> list[Advisory]:
    assert isinstance(found, Changes)
    parsed = [record.advisory for record in SOURCE.parse(found)]
    found.discard()
    return [one for one in parsed if one is not None]


def test_a_release_ends_behind_its_last_day_without_anything_being_downloaded(tmp_path: Path) -> None:
    first = fetch(tmp_path, datetime(2024, 6, 30, 23, 59, tzinfo=UTC))
    assert advisories(first) == []
    midnight = datetime(2024, 7, 1, tzinfo=UTC)
    second = fetch(tmp_path, midnight, first)
    assert [(one.id, one.modified_at) for one in advisories(second)] == [("EOL-Debian-10", midnight)]
    assert isinstance(fetch(tmp_path, datetime(2027, 5, 1, tzinfo=UTC), second), Unchanged)
    third = fetch(tmp_path, datetime(2027, 5, 2, tzinfo=UTC), second, ("EOL-Debian-10", "EOL-Debian-9"))
    assert [one.id for one in advisories(third)] == ["EOL-Alpine-v3.22", "EOL-Debian-10"]
    assert isinstance(third, Changes)
    assert third.removed == ("EOL-Debian-9",)  # its last day was put off
    assert not list(tmp_path.iterdir())


def test_an_ended_release_is_affected_outright_and_critical_and_no_other_is(tmp_path: Path) -> None:
    (found,) = advisories(fetch(tmp_path, datetime(2025, 1, 1, tzinfo=UTC)))
    (affected,) = key_affected_ranges(found)
    assert found.summary == "Debian 10 is past its end of life"
    assert "2024-06-30" in found.details
    assert found.references == ("https://www.debian.org/releases/buster/",)
    assert (affected.severity, affected.fix_state) == ((SeverityFact("TEXT", "critical"),), FixState.END_OF_LIFE)
    assert decide(key_package(BUSTER), affected) is Verdict.AFFECTED
    other = Package(RELEASES_ECOSYSTEM, RELEASE_PACKAGE, "Debian:11")
    assert decide(key_package(other), affected) is None


def test_an_image_lists_its_release_where_the_last_day_of_that_is_known() -> None:
    status = file("var/lib/dpkg/status", dpkg_status(stanza("a")))
    layers = [
        read_members(status),
        read_members(file("etc/os-release", os_release("debian", "10"))),
    ]
    found = build_inventory(layers, Platform("linux", "amd64"))
    assert [each.source for each in found.inventory.sets] == [RELEASES_ECOSYSTEM, "dpkg"]
    assert Provenance(BUSTER, 1, ("etc/os-release",)) in found.provenance
    assert found.inventory.gaps == ()


@pytest.mark.parametrize(
    ("identity", "version_id", "last_day"),
    [
        ("alpine", "3.19.1", date(2025, 11, 1)),
        ("ubuntu", "20.04", date(2025, 5, 31)),
        ("centos", "7", date(2024, 6, 30)),
        ("sles", "15.5", date(2024, 12, 31)),
        ("amzn", "2", date(2026, 6, 30)),
        ("rhel", "7.9", date(2024, 6, 30)),
        ("mariner", "2.0", date(2025, 7, 31)),
        ("opensuse-leap", "15.6", date(2026, 4, 30)),
        ("ubuntu", "22.04", date(2027, 6, 1)),
        ("fedora", "43", date(2026, 12, 9)),
        ("azurelinux", "3.0", date(2027, 8, 31)),
    ],
)
def test_the_table_names_releases_as_images_do(identity: str, version_id: str, last_day: date) -> None:
    layer = read_members(file("etc/os-release", os_release(identity, version_id)))
    packages = [
        package
        for each in build_inventory([layer], Platform("linux", "amd64")).inventory.sets
        for package in each.packages
    ]
    assert [LAST_DAYS[package.version] for package in packages] == [last_day]
