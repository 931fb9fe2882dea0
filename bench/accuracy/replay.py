"""Real states of the feeds played one after the other, and after each the audit: as computed from scratch, or not."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

from bench.states import State
from bench.world import count
from dogwatch.app.process import App
from dogwatch.flow.feeds import update_feed
from dogwatch.matching import is_distribution
from dogwatch.model.audits import Audit
from dogwatch.model.packages import Package, PackageSet
from dogwatch.store.inventories import admit_packages
from dogwatch.store.packages import save_set

ARRIVING = 150
"""Package versions that arrive in each state, of each ecosystem at most: an audit then takes seconds."""

_AT_ONCE = 5_000
_IN_A_SET = 100
_BORDERS = """
SELECT DISTINCT affected_range.ecosystem, affected_range.name, border.version
FROM affected_range
CROSS JOIN LATERAL (VALUES (fixed), (introduced), (last_affected), (exact_version)) AS border (version)
WHERE affected_range.to_rev = 2147483647 AND border.version NOT IN ('', '0')
ORDER BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Audited:
    """One state, what it brought, and what the audit said after it.

    Units:
        Seconds.
    """

    state: str
    changed: tuple[str, ...]
    records: int
    import_seconds: float
    arrived: int
    matches: int
    exposures: int
    audit: Audit


def replay(app: App, states: Iterator[State]) -> Iterator[Audited]:
    """Import each state over the one before, let packages arrive, and audit."""
    chance = random.Random(20260716)
    for state in states:
        begun, records = time.monotonic(), 0
        for source, ecosystem in state.changed:
            publication = update_feed(app.outside, source, ecosystem, confirmed=True)
            if publication is not None:
                records += publication.added + publication.changed + publication.ended
        seconds = time.monotonic() - begun
        arrived = _arrive(app, chance)
        audit = app.outside.audit_store.audit()
        names = tuple(dict.fromkeys(_named(feed) for feed in state.changed))
        yield Audited(
            state.name,
            names,
            records,
            seconds,
            arrived,
            count(app.database, "SELECT count(*) FROM match WHERE to_rev = 2147483647"),
            count(app.database, "SELECT count(*) FROM exposure WHERE to_at = '9999-12-31Z'"),
            audit,
        )


def _named(feed: tuple[str, str]) -> str:
    source, ecosystem = feed
    return "KEV" if source == "kev" else ecosystem.partition(":")[0] if source == "alpine-secdb" else ecosystem


def _arrive(app: App, chance: random.Random) -> int:
    """Let package versions arrive that stand on the borders of ranges; those that are there already do nothing."""
    by_ecosystem: dict[str, list[Package]] = {}
    with app.database.transaction() as connection:
        for ecosystem, name, version in connection.execute(_BORDERS):
            by_ecosystem.setdefault(ecosystem, []).append(_package(ecosystem, name, version))
    chosen = [
        package
        for packages in by_ecosystem.values()
        for package in chance.sample(packages, min(ARRIVING, len(packages)))
    ]
    arrived = 0
    for start in range(0, len(chosen), _AT_ONCE):
        with app.database.transaction() as connection:
            batch = sorted(set(chosen[start : start + _AT_ONCE]))
            saved = admit_packages(connection, batch, app.clock.now())
            arrived += len(saved.new_ids)
            for members in _in_sets(batch, chance):
                save_set(connection, members, saved.ids)
    return arrived


def _in_sets(packages: list[Package], chance: random.Random) -> Iterator[PackageSet]:
    """Yield sets of some packages each, mixed at random: a set of every state holds packages of any."""
    mixed = chance.sample(packages, len(packages))
    for start in range(0, len(mixed), _IN_A_SET):
        members = tuple(sorted(mixed[start : start + _IN_A_SET]))
        digest = hashlib.sha256(repr(members).encode()).hexdigest()
        yield PackageSet("made up", members, f"sha256:{digest}")


def _package(ecosystem: str, name: str, version: str) -> Package:
    if is_distribution(ecosystem):
        return Package(ecosystem, name, version, "x86_64", name, version)
    return Package(ecosystem, name, version)
