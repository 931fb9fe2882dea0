"""Ended releases are findings like any other; packages of other vendors and of module streams are undetermined."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from dogwatch.advisories import Changes
from dogwatch.advisories.end_of_life import EndOfLifeSource
from dogwatch.advisories.folder_mirror import FolderMirror
from dogwatch.advisories.source import FetchRequest
from dogwatch.model.advisories import FixState
from dogwatch.model.feeds import FeedChanges
from dogwatch.model.matches import Severity
from dogwatch.model.packages import Package
from dogwatch.model.release_endings import RELEASE_PACKAGE, RELEASES_ECOSYSTEM
from dogwatch.model.verdicts import Verdict
from dogwatch.store.journal import JournalStore
from dogwatch.store.judgement import Judge
from tests.builders.contents import advisory, contain, publish
from tests.builders.watching import World, image, pushed

SOURCE = EndOfLifeSource(last_days={"Debian:10": date(2024, 6, 30)})
BUSTER = Package(RELEASES_ECOSYSTEM, RELEASE_PACKAGE, "Debian:10")


def test_a_release_past_its_last_day_is_a_critical_finding(world: World, tmp_path: Path) -> None:
    world.tell(1, pushed("a", 1))
    world.resolve(1, image("a"))
    contain(world, 1, "a", BUSTER, Package(RELEASES_ECOSYSTEM, RELEASE_PACKAGE, "Debian:12"))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    mirror = FolderMirror(tmp_path, "end-of-life")
    found = SOURCE.fetch(FetchRequest(RELEASES_ECOSYSTEM, None, (), mirror=mirror, spool=tmp_path, now=now))
    assert isinstance(found, Changes)
    changes = FeedChanges(found.state.to_mapping(), SOURCE.parse(found), found.removed)
    JournalStore(world.database).publish(SOURCE.name, RELEASES_ECOSYSTEM, changes, now)
    assert world.rows(
        "SELECT package.version, exposure.verdict, exposure.fix_state, exposure.severity, exposure.advisory"
        " FROM exposure JOIN package ON package.id = exposure.package_id"
    ) == [("Debian:10", str(Verdict.AFFECTED), str(FixState.END_OF_LIFE), int(Severity.CRITICAL), "EOL-Debian-10")]
    assert world.rows("SELECT reason FROM undetermined") == []


def test_packages_of_other_vendors_and_of_streams_meet_what_is_said_of_them_and_nothing_else(world: World) -> None:
    own = Package("AlmaLinux:9", "htop", "1-1.el9", "x86_64", "htop", "1-1.el9")
    foreign = replace(own, vendor="Fedora Project")
    modular, other, untold = (replace(own, module=each) for each in ("tools:1", "tools:2", "unnamed"))
    publish(world, 1, "AlmaLinux:9", advisory("ALSA-1", "AlmaLinux:9", "htop", 1, fixed="2-1.el9"))
    publish(world, 2, "AlmaLinux:9", advisory("ALSA-2", "AlmaLinux:9", "tools:1/htop", 2, fixed="2-1.module_el9"))
    publish(world, 3, "AlmaLinux:9", advisory("ALSA-3", "AlmaLinux:9", "unnamed/htop", 3))
    judgement = Judge(world.database).judge([own, foreign, modular, other, untold])
    assert [(one.package, one.assessment.advisory) for one in judgement.judged] == [
        (own, "ALSA-1"),
        (modular, "ALSA-2"),
    ]
    assert {(one.package, one.reason, one.advisories) for one in judgement.not_compared} == {
        (foreign, "built by Fedora Project, not by the distribution", 1),
        (untold, "built for a module stream, and it does not say for which", 1),
    }
