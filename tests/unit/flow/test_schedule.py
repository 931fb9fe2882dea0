"""What the clock brings: a day is lived through minute by minute."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from dogwatch.flow.schedule import Intervals, defer_due, defer_everything, is_cleaning_due
from dogwatch.model.registries import ManifestToResolve

_DAY_MINUTES = 24 * 60
_FEEDS = [("osv", "Debian"), ("osv", "PyPI")]


@dataclass
class Kept:
    """A queue that only remembers."""

    jobs: list[str] = field(default_factory=list)

    def read_notices(self) -> None:
        self.jobs.append("read_notices")

    def resolve(self, manifest: ManifestToResolve) -> None:
        self.jobs.append(f"resolve {manifest}")

    def index(self, image_id: int) -> None:
        self.jobs.append(f"index {image_id}")

    def poll(self, registry_id: int) -> None:
        self.jobs.append(f"poll {registry_id}")

    def sweep(self) -> None:
        self.jobs.append("sweep")

    def delete_old(self) -> None:
        self.jobs.append("delete_old")

    def evaluate_policies(self) -> None:
        self.jobs.append("evaluate_policies")

    def count_scans(self) -> None:
        self.jobs.append("count_scans")

    def reread(self) -> None:
        self.jobs.append("reread")

    def read_bills(self) -> None:
        self.jobs.append("read_bills")

    def rekey(self) -> None:
        self.jobs.append("rekey")

    def audit(self) -> None:
        self.jobs.append("audit")

    def apply_setting(self, setting_id: int) -> None:
        self.jobs.append(f"apply_setting {setting_id}")

    def apply_scanning(self, account_id: str) -> None:
        self.jobs.append(f"apply_scanning {account_id}")

    def update_feed(self, source: str, ecosystem: str) -> None:
        self.jobs.append(f"update_feed {source} {ecosystem}")

    def pick_up_forgotten(self) -> None:
        self.jobs.append("pick_up_forgotten")

    def for_lost_work(self) -> Kept:
        return self


def test_a_day_brings_everything_as_often_as_asked() -> None:
    kept = Kept()
    for minute in range(_DAY_MINUTES):
        defer_due(kept, Intervals(poll_minutes=15, sweep_minutes=5, feed_minutes=60), minute, [1, 2, 17], _FEEDS)
    assert Counter(kept.jobs) == {
        "pick_up_forgotten": _DAY_MINUTES,
        "read_bills": _DAY_MINUTES,
        "sweep": _DAY_MINUTES // 5,
        "delete_old": 1,
        "evaluate_policies": 24,
        "count_scans": 24,
        "audit": 1,
        "reread": 144,
        "poll 1": _DAY_MINUTES // 15,
        "poll 2": _DAY_MINUTES // 15,
        "poll 17": _DAY_MINUTES // 15,
        "update_feed osv Debian": 24,
        "update_feed osv PyPI": 24,
    }


def test_registries_and_feeds_take_turns() -> None:
    kept = Kept()
    defer_due(kept, Intervals(15, 1, 15), 0, range(15), _FEEDS)
    assert kept.jobs == ["pick_up_forgotten", "read_bills", "sweep", "poll 0", "update_feed osv Debian"]


def test_a_start_brings_everything_once() -> None:
    kept = Kept()
    defer_everything(kept, [3, 4], _FEEDS)
    assert sorted(kept.jobs) == [
        "count_scans",
        "delete_old",
        "evaluate_policies",
        "pick_up_forgotten",
        "poll 3",
        "poll 4",
        "rekey",
        "sweep",
        "update_feed osv Debian",
        "update_feed osv PyPI",
    ]


def test_finished_jobs_are_cleaned_away_once_an_hour() -> None:
    assert sum(map(is_cleaning_due, range(_DAY_MINUTES))) == 24
