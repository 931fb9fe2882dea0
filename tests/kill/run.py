"""One run of a history against a running installation, with or without kills."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psycopg

from dogwatch.app.process import build
from dogwatch.model.audits import Difference
from tests.builders.oci import BuiltManifest
from tests.flow.world import ECOSYSTEMS, settings_for
from tests.folders import fast_root
from tests.kill.history import Day, Happening, first_records, make_history, make_images
from tests.kill.installation import VICTIMS, Installation
from tests.kill.quiet import find_unrest, let_time_come, listed_records
from tests.kill.state import Rows, compare, load_state
from tests.ports import free_port
from tests.processes import kill
from tests.simulators.buckets import FeedBucket
from tests.simulators.faults import Reply
from tests.simulators.feeds import serve_feed
from tests.simulators.registry import RegistrySimulator, serving_registry
from tests.unit.store.embedded.traces import Traces

KILLS_PER_DAY = 10
_REST_SECONDS = 300.0
_LOOK_SECONDS = 0.15
_NUDGE_SECONDS = 1.5  # a job that failed waits longer than that; a test lets its time come
_CATALOG = Reply(503, {}, b"")


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    state: Mapping[str, Rows]
    differences: tuple[Difference, ...]
    kills: tuple[str, ...]
    exits: tuple[tuple[str, int], ...]
    seconds: float


def try_history(seed: int, kills: int) -> tuple[list[str], Outcome]:
    """Run a history undisturbed and with kills; returns what differs, and how the second run went."""
    days = make_history(seed, max(2, -(-kills // KILLS_PER_DAY)))
    undisturbed, killed = _run(days, Random(seed), 0), _run(days, Random(seed), kills)
    said = compare(undisturbed.state, killed.state)
    for run, outcome in (("undisturbed", undisturbed), ("killed", killed)):
        said += [f"audit of the {run} run: {one}" for one in outcome.differences]
    return said, killed


def _run(days: Sequence[Day], random: Random, kills: int) -> Outcome:
    began = time.monotonic()
    with _surroundings() as (folder, bucket, feed_url), serving_registry(RegistrySimulator()) as simulator:
        settings = settings_for("", folder, listen=f"127.0.0.1:{free_port()}", feed_mirror=feed_url, demo="0")
        installation = Installation(settings, simulator, folder / "log")
        theatre = _Theatre(installation, simulator, bucket, make_images(), random, folder)
        with installation.running():
            theatre.rest(0)
            for number, day in enumerate(days):
                left = len(days) - number
                theatre.play(day, -(-(kills - len(installation.kills)) // left))
            with installation.database() as connection:
                state = load_state(connection, days)
        with build(settings) as app:
            differences = app.audit().differences
    return Outcome(state, differences, tuple(installation.kills), tuple(installation.exits), time.monotonic() - began)


@contextmanager
def _surroundings() -> Iterator[tuple[Path, FeedBucket, str]]:
    """Yield a folder that the database's own user can pass through, and a feed with its address."""
    folder = Path(tempfile.mkdtemp(prefix="dogwatch-kill-", dir=fast_root()))
    folder.chmod(0o711)
    (folder / "data").mkdir(mode=0o711)
    bucket = FeedBucket(folder / "feeds")
    for ecosystem, record in first_records():
        bucket.put(ecosystem, record)
    try:
        with serve_feed(folder / "feeds") as feed:
            yield folder, bucket, feed.url
    finally:
        kill(*Traces(folder / "data").processes())
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class _Theatre:
    """Plays days."""

    installation: Installation
    simulator: RegistrySimulator
    bucket: FeedBucket
    images: Sequence[BuiltManifest]
    random: Random
    folder: Path

    def play(self, day: Day, kills: int) -> None:
        """Let a day happen: time goes on; the windows change; everything else, mixed. Kills where they fall."""
        shares = [0, 0, 0]
        for _ in range(kills):
            shares[self.random.choices((0, 1, 2), (1, 1 if day.windows else 0, 6))[0]] += 1
        self.installation.move_clock(day.begins)
        self.installation.queue(("sweep",))
        self.rest(shares[0])
        if day.windows:
            self.installation.change_windows(*day.windows)
            self.rest(shares[1])
        # A poll that sees a push before its webhook comes would tell of it at another time: lists rest meanwhile.
        self.simulator.fault("/v2/_catalog", _CATALOG)
        self.rest(0)
        for change in day.feed_changes:
            self.bucket.put(change.ecosystem, change.record)
        self.installation.queue(*(("update_feed", "osv", ecosystem) for ecosystem in ECOSYSTEMS))
        left = shares[2]
        for happening in day.happenings:
            self._tell(day, happening)
            if left and self.random.random() < 0.3:
                left -= 1
                self._kill()
        self.rest(left)
        self.simulator.faults.clear()

    def _tell(self, day: Day, happening: Happening) -> None:
        """Do at the registry what happens, and tell of it."""
        built, tags = self.images[happening.image], self.simulator.tags.setdefault(happening.repository, {})
        if happening.action == "push":
            self.simulator.add(happening.repository, built, happening.tag)
        elif happening.action == "delete":
            for tag in [name for name, digest in tags.items() if digest == built.digest]:
                del tags[tag]
        target = {"digest": built.digest, "repository": happening.repository}
        if happening.action != "delete":
            target["mediaType"] = built.media_type
        if happening.tag:
            target["tag"] = happening.tag
        event = {
            "id": happening.event_id,
            "action": happening.action,
            "target": target,
            "request": {"method": "PUT" if happening.action == "push" else "GET", "useragent": "docker/27"},
            "actor": {"name": "dev"},
        }
        self.installation.notify(event, day.begins, happening.occurred_at)

    def _kill(self) -> None:
        time.sleep(self.random.choice((0.0, 0.2, 3.0)) * self.random.random())
        self.installation.kill(self.random.choice(VICTIMS), self.random)
        time.sleep(self.random.uniform(0, 0.3))
        self.installation.revive()

    def rest(self, kills: int) -> None:
        """Wait until all that was told is taken in and no work is left, with so many kills on the way."""
        deadline = time.monotonic() + _REST_SECONDS
        nudge_at = time.monotonic() + _NUDGE_SECONDS
        quiet = 0
        unrest: Mapping[str, int] = {}
        while quiet < 2:
            assert time.monotonic() < deadline, f"no rest: {unrest}\n{self._log_end()}"
            if kills:
                kills -= 1
                self._kill()
                quiet = 0
                continue
            self.installation.revive()
            time.sleep(_LOOK_SECONDS)
            unrest = self._look(nudge=time.monotonic() > nudge_at)
            if time.monotonic() > nudge_at:
                nudge_at = time.monotonic() + _NUDGE_SECONDS
            quiet = 0 if unrest else quiet + 1

    def _look(self, *, nudge: bool) -> Mapping[str, int]:
        try:
            with self.installation.database() as connection:
                unrest = dict(find_unrest(connection))
                stale = [one for one in ECOSYSTEMS if listed_records(connection, one) != self.bucket.listed(one)]
                if nudge and (unrest or stale):
                    let_time_come(connection)
        except (psycopg.Error, OSError):
            return {"database away": 1}
        if stale:
            unrest["feeds to import"] = len(stale)
        if nudge and unrest:
            feeds = [("update_feed", "osv", ecosystem) for ecosystem in stale]
            self.installation.queue(("pick_up_forgotten",), ("sweep",), *feeds)
        return unrest

    def _log_end(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")[-6000:]
