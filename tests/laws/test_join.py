"""The law of matching, on real PostgreSQL, over generated histories.

Join over everything == decide over every pair == image by image == advisory by advisory == incremental by revision.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import psycopg
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dogwatch.matching import (
    decide,
    group_vulnerabilities,
    is_distribution,
    key_affected_ranges,
    key_package,
    name_advisory,
    resolve,
    why_undetermined,
)
from dogwatch.model.advisories import (
    Advisory,
    AffectedPackage,
    AffectedRange,
    Naming,
    RangeEvent,
    RangeEventKind,
    SeverityFact,
    StatedRange,
)
from dogwatch.model.facts import NVD, CveScores, FactChanges, FactKind, StatedScore
from dogwatch.model.feeds import OPERATOR_SOURCES, SUPPLIED_SOURCE, VEX_SOURCE, FeedChanges, ParsedRecord
from dogwatch.model.matches import Match
from dogwatch.model.packages import Package
from dogwatch.model.verdicts import Verdict
from dogwatch.store.connection import Database
from dogwatch.store.facts import FactStore
from dogwatch.store.inventories import admit_packages
from dogwatch.store.journal import JournalStore
from dogwatch.versions import EVERY_ECOSYSTEM, speaks_for

START = datetime(2026, 7, 1, tzinfo=UTC)
QUICK_TO_SHOW = (Phase.explicit, Phase.reuse, Phase.generate)
"""No shrinking: an example costs a database round, and a small history is rarely a clearer one."""

FEEDS = ("PyPI", "npm", "Debian")
"""Of everybody; the operator's own documents speak of every ecosystem."""

# --- generated worlds -------------------------------------------------------------------------------------------------

_ORDERED = ("0.9", "1.0", "1.1", "2.0")
_ODD = ("not a version", "${version}")
_RELEASES = {"PyPI": ("PyPI",), "npm": ("npm",), "Debian": ("Debian:12", "Debian:11")}
_ecosystems = st.sampled_from([release for releases in _RELEASES.values() for release in releases])
_names = st.sampled_from(["a", "B_b"])
_versions = st.sampled_from((*_ORDERED * 3, *_ODD))
packages = st.one_of(
    st.builds(Package, _ecosystems, _names, _versions),
    st.builds(
        Package,
        st.sampled_from(_RELEASES["Debian"]),
        _names,
        _versions,
        st.sampled_from(["amd64", "arm64"]),
        _names,
        st.sampled_from(_ORDERED),
    ),
)


def _closing(kind: RangeEventKind) -> st.SearchStrategy[tuple[RangeEvent, ...]]:
    return _versions.map(lambda version: (RangeEvent(kind, version),))


_closings = st.one_of(
    st.just(()),
    _closing(RangeEventKind.FIXED),
    _closing(RangeEventKind.LAST_AFFECTED),
    _closing(RangeEventKind.FIXED),
    st.builds(lambda one, two: one + two, _closing(RangeEventKind.LIMIT), _closing(RangeEventKind.FIXED)),
)
_events = st.builds(
    lambda low, closing: (RangeEvent(RangeEventKind.INTRODUCED, low), *closing),
    st.sampled_from(("0", "0", *_ORDERED)),
    _closings,
)
_ranges = st.builds(StatedRange, st.sampled_from(["ECOSYSTEM", "ECOSYSTEM", "SEMVER"]), _events)


def _affected(feed: str) -> st.SearchStrategy[AffectedPackage]:
    """Return entries, mostly of the feed's own ecosystem; a few are another's, which this feed may not judge."""
    return st.builds(
        AffectedPackage,
        ecosystem=st.one_of(*[st.sampled_from(_RELEASES[feed])] * 5, _ecosystems),
        name=_names,
        ranges=st.lists(_ranges, max_size=2).map(tuple),
        versions=st.lists(_versions, max_size=2).map(tuple),
        state=st.sampled_from(["", "", "", "not affected", "will not fix"]),
        naming=st.sampled_from([Naming.MATCHED, Naming.EITHER, Naming.OWN]),
    )


_named = st.builds(
    AffectedPackage,
    ecosystem=st.sampled_from(["PyPI", "npm", "Debian", "Debian:12"]),
    name=st.sampled_from(["a", "B_b", "b-b"]),
    versions=st.sampled_from([(), ("1.0",), ("1.0", "not a version"), ("1.00",)]),
    state=st.sampled_from(["affected", "not affected", "not affected", "fixed", "under investigation"]),
    naming=st.sampled_from([Naming.SOURCE, Naming.INSTALLED]),
    arch=st.sampled_from(["", "", "amd64"]),
)
"""What statements name outright."""

_ids = st.sampled_from(["GHSA-1", "GHSA-2", "PYSEC-1", "PYSEC-2", "DEBIAN-CVE-2026-1001", "DSA-1-1"])
_aliases = st.lists(
    st.sampled_from(["CVE-2026-1001", "CVE-2026-1002", "GHSA-1", "GHSA-2", "PYSEC-1"]), max_size=2, unique=True
).map(tuple)
_severities = st.sampled_from(
    [(), (SeverityFact("TEXT", "low"),), (SeverityFact("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"),)]
)


@dataclass(frozen=True)
class Arrive:
    """Packages of an image arrive."""

    packages: tuple[Package, ...]


@dataclass(frozen=True)
class Publish:
    """A feed shows documents, and no longer lists others; or the operator does."""

    feed: str
    advisories: tuple[Advisory, ...]
    removed: tuple[str, ...]
    source: str = "osv"


@dataclass(frozen=True)
class Tell:
    """A catalogue tells scores of CVE ids; what it dates older than what is held does not count."""

    facts: tuple[CveScores, ...]


Step = Arrive | Publish | Tell


def _advisory(
    advisory_id: str,
    affected: Sequence[AffectedPackage],
    aliases: Sequence[str],
    withdrawn: bool,
    severity: tuple[SeverityFact, ...],
) -> Advisory:
    return Advisory(
        source="osv",
        id=advisory_id,
        modified_at=START,
        published_at=START,
        withdrawn_at=START if withdrawn else None,
        summary="",
        details="",
        aliases=tuple(alias for alias in aliases if alias != advisory_id),
        affected=tuple(affected),
        severity=severity,
    )


def _advisories(feed: str) -> st.SearchStrategy[Advisory]:
    return st.builds(
        _advisory,
        _ids,
        st.lists(_affected(feed), min_size=1, max_size=3),
        _aliases,
        st.sampled_from([False, False, False, True]),
        _severities,
    )


def _publications(feed: str) -> st.SearchStrategy[Publish]:
    return st.builds(
        Publish,
        st.just(feed),
        st.lists(_advisories(feed), min_size=1, max_size=3, unique_by=lambda advisory: advisory.id).map(tuple),
        st.lists(_ids, max_size=2, unique=True).map(tuple),
    )


def _own_documents(source: str, affected: st.SearchStrategy[AffectedPackage]) -> st.SearchStrategy[Publish]:
    """Return publications of the operator, whose documents say when they were written."""
    ids = st.sampled_from([f"{source}-1", f"{source}-2"])
    documents = st.builds(
        lambda name, entries, cve, days, severity: replace(
            _advisory(name, entries, [cve], False, severity), source=source, modified_at=START - timedelta(days=days)
        ),
        ids,
        st.lists(affected, min_size=1, max_size=3),
        st.sampled_from(["CVE-2026-1001", "CVE-2026-1002"]),
        st.integers(0, 2),
        _severities,
    )
    several = st.lists(documents, min_size=1, max_size=2, unique_by=lambda one: one.id).map(tuple)
    removed = st.lists(ids, max_size=1).map(tuple)
    return st.builds(Publish, st.just(EVERY_ECOSYSTEM), several, removed, st.just(source))


_statements = _own_documents(VEX_SOURCE, _named)
_own_advisories = _own_documents(SUPPLIED_SOURCE, _affected("npm"))

_stated = st.builds(
    StatedScore,
    st.just("CVSS_V3"),
    st.sampled_from(
        ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "no vector"]
    ),
    st.sampled_from([NVD, "nvd:somebody"]),
)
_facts = st.builds(
    CveScores,
    st.sampled_from(["CVE-2026-1001", "CVE-2026-1002"]),
    st.integers(0, 3).map(lambda days: START - timedelta(days=days)),
    st.lists(_stated, max_size=2).map(tuple),
)
_tellings = st.builds(Tell, st.lists(_facts, min_size=1, max_size=2).map(tuple))
_arrivals = st.builds(Arrive, st.lists(packages, min_size=1, max_size=8).map(tuple))
_steps = st.one_of(_arrivals, *map(_publications, FEEDS), _tellings, _statements, _own_advisories)


def _with_echoes(steps: list[Step], places: list[int]) -> list[Step]:
    """Add steps that happened before: what is said again may be left alone, unless something was said in between."""
    return steps + [steps[place % len(steps)] for place in places]


histories = st.builds(_with_echoes, st.lists(_steps, min_size=2, max_size=9), st.lists(st.integers(0, 8), max_size=4))

# --- the definition, by brute force -----------------------------------------------------------------------------------


class World:
    """What the feeds say in the end, and all packages that ever arrived."""

    def __init__(self) -> None:
        self.packages: set[Package] = set()
        self.listed: dict[tuple[str, str], Advisory] = {}
        self.seen: dict[str, Advisory] = {}
        self.facts: dict[str, CveScores] = {}

    def take(self, step: Step) -> None:
        """Take in one step of a history."""
        if isinstance(step, Arrive):
            self.packages |= set(step.packages)
            return
        if isinstance(step, Tell):
            for fact in step.facts:
                held = self.facts.get(fact.cve)
                if held is None or held.modified_at <= fact.modified_at:
                    self.facts[fact.cve] = fact
            return
        for advisory in step.advisories:
            self.listed[step.feed, advisory.id] = advisory
            self.seen[advisory.id] = advisory
        shown = {advisory.id for advisory in step.advisories}
        for name in set(step.removed) - shown:
            self.listed.pop((step.feed, name), None)

    def ranges(self) -> Iterator[tuple[str, AffectedRange]]:
        """Every range in force, with its document's id."""
        for (feed, name), advisory in self.listed.items():
            if advisory.withdrawn_at is None:
                for one in key_affected_ranges(advisory):
                    if speaks_for(feed, one.ecosystem):
                        yield name, one

    def verdicts(self) -> Iterator[tuple[Package, str, AffectedRange, Verdict]]:
        """`decide` over every pair."""
        for package in self.packages:
            keyed = key_package(package)
            for name, one in self.ranges():
                verdict = decide(keyed, one)
                if verdict is not None:
                    yield package, name, one, verdict

    def matches(self) -> set[tuple[object, ...]]:
        """What must be stored as matches."""
        return {
            (package, name, one.low, one.high, one.exact_version, str(one.naming), one.arch, str(verdict))
            for package, name, one, verdict in self.verdicts()
            if verdict is not Verdict.UNDETERMINED or one.naming.is_outright
        }

    def exposures(self) -> dict[tuple[Package, str], tuple[object, ...]]:
        """`resolve` over all matches of each package and vulnerability."""
        groups = group_vulnerabilities(name_advisory(self.seen[name]) for name in {name for _, name in self.listed})
        leading: dict[str, list[str]] = {}
        for group in groups:
            for name in group.advisories:
                leading.setdefault(name, []).append(group.name)
        found: dict[tuple[Package, str], list[Match]] = {}
        for package, name, one, verdict in self.verdicts():
            if verdict is not Verdict.UNDETERMINED or one.naming.is_outright:
                for vulnerability in leading[name]:
                    found.setdefault((package, vulnerability), []).append(_match(self.seen[name], one, verdict))
        outcomes = {pair: _outcome(matches, self.facts.get(pair[1])) for pair, matches in found.items()}
        return {pair: outcome for pair, outcome in outcomes.items() if outcome is not None}

    def undetermined(self) -> dict[tuple[Package, str], int]:
        """Documents that cannot be compared with a package in any way, counted by reason."""
        decided = {(row[0], row[1]) for row in self.verdicts() if row[3] is not Verdict.UNDETERMINED}
        concerned: dict[tuple[Package, str], set[str]] = {}
        for package, name, one, verdict in self.verdicts():
            if verdict is Verdict.UNDETERMINED and not one.naming.is_outright and (package, name) not in decided:
                reason = why_undetermined(key_package(package), one)
                reason = f"range: {one.not_comparable}" if one.not_comparable else reason
                concerned.setdefault((package, reason), set()).add(name)
        return {key: len(names) for key, names in concerned.items()}


def _match(advisory: Advisory, one: AffectedRange, verdict: Verdict) -> Match:
    is_own = is_distribution(one.ecosystem)
    told = (one.fix_state, one.fixed, one.fixed_key, one.severity)
    return Match(0, advisory.id, advisory.source, verdict, is_own, *told, advisory.modified_at)


def _outcome(matches: Sequence[Match], facts: CveScores | None) -> tuple[object, ...] | None:
    """What is stored of it; nothing where it is only under investigation."""
    assessment = resolve(matches, facts.scores if facts else ())
    if assessment is None:
        return None
    score = assessment.score
    return (
        str(assessment.verdict),
        str(assessment.fix_state),
        assessment.fixed_version,
        int(assessment.severity),
        None if score is None else score.tenths,
        "" if score is None else score.source,
        assessment.advisory,
    )


# --- what is stored ---------------------------------------------------------------------------------------------------

_PACKAGE = ", ".join(
    f"package.{column}" for column in ("ecosystem", "name", "version", "arch", "source_name", "source_version")
)
_OWN = 6
"""How many columns that are."""


def stored_matches(connection: psycopg.Connection) -> set[tuple[object, ...]]:
    """Open matches, in the terms of `World.matches`."""
    rows = connection.execute(
        f"SELECT {_PACKAGE}, advisory.name, low, high, exact_version, naming, affected_range.arch, verdict FROM match"
        " JOIN package ON package.id = package_id JOIN affected_range ON affected_range.id = range_id"
        " JOIN advisory ON advisory.id = advisory_id WHERE match.to_rev = 2147483647"
    )
    return {(Package(*row[:_OWN]), *row[_OWN:]) for row in rows}


def stored_exposures(connection: psycopg.Connection) -> dict[tuple[Package, str], tuple[object, ...]]:
    """Open exposures, in the terms of `World.exposures`."""
    rows = connection.execute(
        f"SELECT {_PACKAGE}, vulnerability.name, verdict, fix_state, fixed_version, severity, score_tenths,"
        " score_source, advisory"
        " FROM exposure JOIN package ON package.id = package_id"
        " JOIN vulnerability ON vulnerability.id = vulnerability_id WHERE to_at = '9999-12-31Z'"
    )
    return {(Package(*row[:_OWN]), row[_OWN]): tuple(row[_OWN + 1 :]) for row in rows}


def stored_undetermined(connection: psycopg.Connection) -> dict[tuple[Package, str], int]:
    """Undetermined rows, in the terms of `World.undetermined`."""
    rows = connection.execute(
        f"SELECT {_PACKAGE}, reason, advisories FROM undetermined JOIN package ON package.id = package_id"
    )
    return {(Package(*row[:_OWN]), row[_OWN]): row[_OWN + 1] for row in rows}


def play(database: Database, steps: Sequence[Step]) -> None:
    """Let a history happen, one hour a step."""
    journal = JournalStore(database)
    for hour, step in enumerate(steps):
        now = START + timedelta(hours=hour)
        if isinstance(step, Arrive):
            with database.transaction() as connection:
                admit_packages(connection, step.packages, now)
        elif isinstance(step, Tell):
            FactStore(database).publish_facts(NVD, FactChanges(FactKind.SCORES, {}, iter(step.facts)), now)
        else:
            records = [ParsedRecord(one.id, one.modified_at, _document(one), one) for one in step.advisories]
            journal.publish(step.source, step.feed, FeedChanges({}, iter(records), step.removed), now)


def _document(advisory: Advisory) -> bytes:
    return json.dumps({"id": advisory.id, "summary": repr(advisory)}).encode()


def forget_everything(database: Database) -> None:
    """Empty the tables that histories fill."""
    with database.transaction() as connection:
        connection.execute(
            "TRUNCATE package, set_package, advisory, advisory_change, feed_record, feed, revision, vulnerability,"
            " vulnerability_name, advisory_name, advisory_vulnerability, affected_range, match, undetermined, exposure,"
            " set_exposure, cve_scores CASCADE"
        )


def assert_lawful(database: Database, world: World) -> None:
    """What is stored is exactly what brute force over the definition gives."""
    with database.transaction() as connection:
        assert stored_matches(connection) == world.matches()
        assert stored_exposures(connection) == world.exposures()
        assert stored_undetermined(connection) == world.undetermined()


# --- the laws ---------------------------------------------------------------------------------------------------------


@given(steps=histories)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], phases=QUICK_TO_SHOW)
def test_the_join_agrees_with_decide_over_every_pair_after_any_history(opened: Database, steps: list[Step]) -> None:
    forget_everything(opened)
    world = World()
    for step in steps:
        world.take(step)
    play(opened, steps)
    assert_lawful(opened, world)


@given(steps=histories, place=st.integers(0, 3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], phases=QUICK_TO_SHOW)
def test_image_by_image_advisory_by_advisory_and_all_at_once_give_the_same(
    opened: Database, steps: list[Step], place: int
) -> None:
    world = World()
    for step in steps:
        world.take(step)
    # Feeds that list the same document show the same state of it, or the order of reading them would matter.
    world.listed = {key: world.seen[key[1]] for key in world.listed}
    everything = Arrive(tuple(world.packages))
    arrivals = [Arrive((package,)) for package in world.packages]
    once = [_publish_all(world, feed, "osv") for feed in FEEDS]
    once += [_publish_all(world, EVERY_ECOSYSTEM, source) for source in OPERATOR_SOURCES]
    singly = [Publish(feed, (advisory,), (), advisory.source) for (feed, _), advisory in world.listed.items()]
    # Documents that no feed lists any more still name vulnerabilities: seen, then gone.
    gone = [
        step
        for advisory in world.seen.values()
        for step in (
            Publish("PyPI", (advisory,), (), advisory.source),
            Publish("PyPI", (), (advisory.id,), advisory.source),
        )
    ]
    told = [Tell((fact,)) for fact in world.facts.values()]
    orders: tuple[list[Step], ...] = (
        [*told, *gone, *once, *arrivals],
        [*gone, *arrivals, *once, *told],
        [*gone, everything, *told, *reversed(singly)],
        [*gone, *singly, *told, everything],
    )
    forget_everything(opened)
    play(opened, [step for step in orders[place] if step != Arrive(())])  # one is enough: brute force knows no order
    assert_lawful(opened, world)


def _publish_all(world: World, feed: str, source: str) -> Publish:
    listed = ((listed_in, one) for (listed_in, _), one in world.listed.items() if one.source == source)
    return Publish(feed, tuple(one for listed_in, one in listed if listed_in == feed), (), source)
