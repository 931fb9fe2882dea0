"""Real states of real feeds as a folder mirror: the base, and what each later day lays over it."""

from __future__ import annotations

import tarfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dogwatch.model.facts import CATALOGUE
from tests.simulators.buckets import FeedBucket, replace_file

Feed = tuple[str, str]
"""(source, ecosystem)."""

WHOLE = ("PyPI", "Go", "crates.io", "AlmaLinux:8", "AlmaLinux:9", "Bitnami", "RubyGems")
"""Feeds of the OSV export of which nothing is missing and that change from day to day."""

_WOLFI = Path("wolfi-secdb") / "security.json"
_KEV = Path("kev") / "known_exploited_vulnerabilities.json"
_TRACKER = Path("debian-tracker") / "json"
_EPSS = Path("epss") / "epss_scores-current.csv.gz"


@dataclass(frozen=True, slots=True)
class State:
    """One state of the mirror: its name, and the feeds that are another than before."""

    name: str
    changed: tuple[Feed, ...]


def all_ecosystems(shared: Path) -> tuple[str, ...]:
    """Return the ecosystem of every archive of the OSV export below a folder of shared data."""
    names = (archive.parent.name for archive in sorted((shared / "osv").glob("*/all.zip")))
    return tuple(name.replace("_", ":") for name in names)


def play_states(
    shared: Path, folder: Path, ecosystems: tuple[str, ...], *, everything: bool = False
) -> Iterator[State]:
    """Make a mirror of the base, and lay the following states over it, one for each step of the iterator.

    Feeds of the OSV export and the catalogue of exploited vulnerabilities share a calendar of seven days. Wolfi, Alpine
    and Debian's tracker have calendars of their own, whose states are laid over one by one on the same days.

    Args:
        shared: the folder of shared data.
        folder: where the mirror is made.
        ecosystems: feeds of the OSV export.
        everything: with Debian's tracker and EPSS, too.
    """
    bucket = FeedBucket.copied(shared / "osv", folder, ecosystems)
    own = _OwnCalendars(shared, folder, everything)
    replace_file(folder / _KEV, (shared / _KEV).read_bytes())
    base: list[Feed] = [*(("osv", each) for each in ecosystems), ("kev", CATALOGUE), *own.next_day()]
    if everything:
        replace_file(folder / _EPSS, next((shared / "epss").glob("*.csv.gz")).read_bytes())
        base.append(("epss", CATALOGUE))
    yield State("base", tuple(base))
    kev = _by_day(next((shared / "kev").glob("kev-daily-*.tar.xz")))
    for day in sorted((shared / "osv-daily").glob("*.tar.xz")):
        date = day.name.partition(".")[0]
        before = {each: bucket.listed(each) for each in ecosystems}
        bucket.lay_over(day)
        changed: list[Feed] = [("osv", each) for each in ecosystems if bucket.listed(each) != before[each]]
        if date in kev:
            replace_file(folder / _KEV, kev[date][_KEV.name])
            changed.append(("kev", CATALOGUE))
        yield State(date, (*changed, *own.next_day()))


class _OwnCalendars:
    """The feeds that have states of their own days; each has one more at every step while any are left."""

    def __init__(self, shared: Path, folder: Path, everything: bool) -> None:
        self._folder = folder
        alpine = _by_day(shared / "alpine-secdb" / "secdb-3-snapshots.tar.xz")
        wolfi = _by_day(next((shared / "wolfi-secdb").glob("daily-*.tar.xz")))
        tracker = _by_day(shared / "debian-tracker" / "snapshots.tar.xz") if everything else {}
        self._alpine = [alpine[day] for day in sorted(alpine)]
        self._wolfi = [(shared / _WOLFI).read_bytes(), *(wolfi[day][_WOLFI.name] for day in sorted(wolfi))]
        self._tracker = [tracker[day][_TRACKER.name] for day in sorted(tracker)]

    def next_day(self) -> Iterator[Feed]:
        """Lay the next states over; yields the feeds that have one."""
        if self._wolfi:
            replace_file(self._folder / _WOLFI, self._wolfi.pop(0))
            yield "wolfi-secdb", "Wolfi"
        if self._tracker:
            replace_file(self._folder / _TRACKER, self._tracker.pop(0))
            yield "debian-tracker", "Debian"
        files = self._alpine.pop(0) if self._alpine else {}
        for name, content in files.items():
            replace_file(self._folder / "alpine-secdb" / name, content)
        yield from (("alpine-secdb", f"Alpine:{each}") for each in sorted({name.split("/")[0] for name in files}))


def _by_day(archive: Path) -> dict[str, dict[str, bytes]]:
    """Return the first folder of each file's path → the rest of the path → content."""
    found: dict[str, dict[str, bytes]] = defaultdict(dict)
    with tarfile.open(archive) as tar:
        for member in tar:
            file = tar.extractfile(member)
            if file is not None:
                day, _, name = member.name.partition("/")
                found[day][name] = file.read()
    return found
