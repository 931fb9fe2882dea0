"""Taking over facts: which exposures change because of them, and which facts count."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from dogwatch.model.errors import MalformedSnapshotError
from dogwatch.model.facts import (
    NVD,
    CveScores,
    Exploitation,
    Fact,
    FactChanges,
    FactKind,
    KnownFacts,
    Probability,
    RefusedFact,
    StatedScore,
)
from dogwatch.model.feeds import FeedChanges, Publication
from dogwatch.model.packages import Package
from dogwatch.store.connection import Database
from dogwatch.store.facts import FactStore
from dogwatch.store.inventories import admit_packages
from dogwatch.store.journal import JournalStore
from dogwatch.store.known_facts import load_known_facts
from tests.builders.facts import CRITICAL, LOW
from tests.unit.store.test_journal import EXAMPLE, START, example, parsed_record

CVE = "CVE-2026-1001"
AS_OF = "2026-07-15T00:00:00+00:00"


def scored(vector: str, day: int = 1, cve: str = CVE) -> CveScores:
    """What NVD says of a CVE id since a day of July."""
    scores = (StatedScore("CVSS_V3", vector, NVD),) if vector else ()
    return CveScores(cve, datetime(2026, 7, day, tzinfo=UTC), scores)


class Facts:
    """Facts that are published step by step, an hour each, beside one advisory on one package."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = START

    def advise(self, *aliases: str) -> None:
        """Publish the advisory, with these aliases."""
        records = iter([parsed_record(example(aliases=list(aliases)))])
        JournalStore(self.database).publish("osv", "PyPI", FeedChanges({}, records, ()), self.later())

    def arrive(self, *packages: Package) -> None:
        """Let packages arrive."""
        with self.database.transaction() as connection:
            admit_packages(connection, packages or [EXAMPLE], self.later())

    def tell(self, *facts: Fact | RefusedFact, kind: FactKind = FactKind.SCORES, source: str = NVD) -> Publication:
        """Publish facts."""
        changes = FactChanges(kind, {"as_of": AS_OF}, iter(facts))
        return FactStore(self.database).publish_facts(source, changes, self.later())

    def severities(self) -> list[tuple[object, ...]]:
        """(severity, score, its source, begin reason, end reason, from and to revision), oldest first."""
        with self.database.transaction() as connection:
            return connection.execute(
                "SELECT severity, score_tenths, score_source, begin_reason, end_reason, from_rev,"
                " nullif(to_rev, 2147483647)"
                " FROM exposure ORDER BY id"
            ).fetchall()

    def probabilities(self) -> list[tuple[object, ...]]:
        """(name, probability in the order of lists) of vulnerabilities, by name."""
        with self.database.transaction() as connection:
            return connection.execute("SELECT name, epss_ppm FROM vulnerability ORDER BY name").fetchall()

    def known(self, *cves: str) -> dict[str, KnownFacts]:
        """What is known of CVE ids."""
        with self.database.transaction() as connection:
            return load_known_facts(connection, cves)

    def later(self) -> datetime:
        """An hour has passed."""
        self.now += timedelta(hours=1)
        return self.now


@pytest.fixture
def facts(database: str) -> Iterator[Facts]:
    """An empty database."""
    opened = Database(database)
    opened.open()
    yield Facts(opened)
    opened.close()


def test_a_score_that_changes_ends_the_exposure_and_begins_the_next_under_a_revision_of_its_own(facts: Facts) -> None:
    facts.arrive()
    facts.advise(CVE)
    first = facts.tell(scored(LOW), scored(CRITICAL, cve="CVE-2026-9999"), RefusedFact("x", "unreadable"))
    again = facts.tell(scored(LOW))
    older = facts.tell(scored(CRITICAL, day=1), scored(LOW, day=1))
    newer = facts.tell(scored(CRITICAL, day=2))
    late = facts.tell(scored(LOW, day=1))

    assert facts.severities() == [
        (0, None, "", "advisory added", "severity changed", 1, 2),
        (2, 18, NVD, "severity changed", "severity changed", 2, 3),
        (5, 98, NVD, "severity changed", "", 3, None),
    ]
    assert first == Publication(2, changed=2, refused=1, exposures_begun=1, exposures_ended=1)
    assert again == older == late == Publication(None)
    assert newer == Publication(3, changed=1, exposures_begun=1, exposures_ended=1)


def test_facts_are_there_before_the_package_and_the_vulnerability_are(facts: Facts) -> None:
    facts.tell(scored(CRITICAL))
    facts.advise(CVE)
    facts.arrive()

    assert facts.severities() == [(5, 98, NVD, "package first seen", "", 1, None)]


def test_a_vulnerability_that_learns_its_cve_id_later_finds_its_facts_then(facts: Facts) -> None:
    facts.tell(scored(CRITICAL))
    facts.tell(Probability(CVE, 7, 8), kind=FactKind.PROBABILITY, source="epss")
    facts.arrive()
    facts.advise()
    assert facts.probabilities() == [("PYSEC-1", -1)]
    facts.advise(CVE)
    assert facts.probabilities() == [(CVE, 7)]
    facts.tell(kind=FactKind.PROBABILITY, source="epss")
    assert facts.probabilities() == [(CVE, -1)]

    assert facts.severities() == [
        (0, None, "", "advisory added", "severity changed", 1, 2),
        (5, 98, NVD, "severity changed", "", 2, None),
    ]


def test_what_a_damaged_file_brought_before_its_end_stays_and_its_state_is_not_kept(facts: Facts) -> None:
    def damaged() -> Iterator[Fact | RefusedFact]:
        yield scored(CRITICAL)
        raise MalformedSnapshotError(NVD, "cut off")

    with pytest.raises(MalformedSnapshotError):
        FactStore(facts.database).publish_facts(NVD, FactChanges(FactKind.SCORES, {"as_of": AS_OF}, damaged()), START)

    assert JournalStore(facts.database).feed_state(NVD, "CVE") == {}


def test_lists_are_replaced_as_a_whole_and_change_no_exposure(facts: Facts) -> None:
    facts.arrive()
    facts.advise(CVE)
    other = "CVE-2026-1002"
    listed = Exploitation(CVE, date(2026, 7, 1), date(2026, 7, 15), True, "Update.")
    facts.tell(listed, Exploitation(other, date(2026, 7, 1), None, False, ""), kind=FactKind.EXPLOITATION, source="kev")
    facts.tell(
        Probability(CVE, 1, 2),
        Probability(CVE, 3, 4),
        Probability(other, 5, 6),
        kind=FactKind.PROBABILITY,
        source="epss",
    )
    before = facts.known(CVE, other, "CVE-2026-1003")
    facts.tell(listed, kind=FactKind.EXPLOITATION, source="kev")
    publication = facts.tell(Probability(CVE, 7, 8), kind=FactKind.PROBABILITY, source="epss")

    day = date(2026, 7, 15)
    assert before == {
        CVE: KnownFacts(exploitation=listed, probability=Probability(CVE, 1, 2), probability_on=day),
        other: KnownFacts(
            exploitation=Exploitation(other, date(2026, 7, 1), None, False, ""),
            probability=Probability(other, 5, 6),
            probability_on=day,
        ),
    }
    assert facts.known(CVE, other) == {
        CVE: KnownFacts(exploitation=listed, probability=Probability(CVE, 7, 8), probability_on=day)
    }
    assert publication == Publication(None)
    assert len(facts.severities()) == 1
