"""Publishing: what a revision changes, why exposures begin and end, and what leaves everything as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dogwatch.advisories import parse_advisory
from dogwatch.model.errors import MalformedSnapshotError
from dogwatch.model.feeds import FeedChanges, ParsedRecord, Publication
from dogwatch.model.packages import Package
from dogwatch.store.connection import Database
from dogwatch.store.feeds import load_feed_views
from dogwatch.store.inventories import admit_packages
from dogwatch.store.journal import JournalStore
from tests.builders.advisories import encode_record, osv_record

START = datetime(2026, 7, 1, tzinfo=UTC)
EXAMPLE = Package("PyPI", "example", "1.0")

Record = dict[str, Any]


class Feed:
    """The PyPI feed, published step by step, an hour each."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.journal = JournalStore(database)
        self.now = START
        with database.transaction() as connection:
            admit_packages(connection, [EXAMPLE], START)

    def publish(self, *records: Record, removed: tuple[str, ...] = (), ecosystem: str = "PyPI") -> Publication:
        """Publish records as they are now, and that others are no longer listed."""
        self.now += timedelta(hours=1)
        parsed = iter([parsed_record(record) for record in records])
        return self.journal.publish("osv", ecosystem, FeedChanges({"seen": str(self.now)}, parsed, removed), self.now)

    def publish_undated(self, *records: Record) -> Publication:
        """Publish records of a feed that does not date them: their time is that of the fetch."""
        self.now += timedelta(hours=1)
        fetched = iter([replace(parsed_record(record), modified_at=self.now) for record in records])
        changes = FeedChanges({"seen": str(self.now)}, fetched, (), is_dated=False)
        return self.journal.publish("osv", "PyPI", changes, self.now)

    def rows(self) -> list[tuple[object, ...]]:
        """Every row that a publication may write but the feed's own, with what tells that nobody touched it."""
        tables = (
            "advisory",
            "advisory_change",
            "advisory_name",
            "advisory_vulnerability",
            "affected_range",
            "exposure",
        )
        also = ("feed_record", "match", "revision", "undetermined", "vulnerability", "vulnerability_name")
        each = (f"SELECT '{one}', xmin::text, ctid::text, {one}::text FROM {one}" for one in (*tables, *also))
        return self._rows(" UNION ALL ".join(each))

    def exposures(self) -> list[tuple[object, ...]]:
        """(vulnerability, fixed version, begin reason, end reason, whether open), oldest first."""
        return self._rows(
            "SELECT vulnerability.name, fixed_version, begin_reason, end_reason, to_at = '9999-12-31Z' FROM exposure"
            " JOIN vulnerability ON vulnerability.id = vulnerability_id ORDER BY exposure.from_at, 1"
        )

    def changes(self) -> list[tuple[object, ...]]:
        """(revision, document, kind) of the journal."""
        return self._rows(
            "SELECT revision_id, name, kind FROM advisory_change JOIN advisory ON advisory.id = advisory_id"
            " ORDER BY revision_id, name"
        )

    def vulnerabilities(self) -> list[tuple[object, ...]]:
        """(id, name, redirected to)."""
        return self._rows("SELECT id, name, redirected_to FROM vulnerability ORDER BY id")

    def _rows(self, query: str) -> list[tuple[object, ...]]:
        with self.database.transaction() as connection:
            return connection.execute(query.encode()).fetchall()


def parsed_record(record: Record) -> ParsedRecord:
    """A record as the feed room hands it over."""
    document = encode_record(record)
    advisory = parse_advisory(document)
    return ParsedRecord(advisory.id, advisory.modified_at, document, advisory)


def example(record_id: str = "PYSEC-1", **changed: Any) -> Record:
    """An advisory about `example` below 2.0."""
    return osv_record(record_id, **({"name": "example", "fixed": "2.0"} | changed))


@pytest.fixture
def feed(database: str) -> Iterator[Feed]:
    """An empty journal and one stored package."""
    opened = Database(database)
    opened.open()
    yield Feed(opened)
    opened.close()


def test_an_advisory_begins_an_exposure_and_says_what_it_did(feed: Feed) -> None:
    assert feed.publish(example()) == Publication(1, added=1, exposures_begun=1)
    assert feed.exposures() == [("PYSEC-1", "2.0", "advisory added", "", True)]
    assert feed.changes() == [(1, "PYSEC-1", "added")]


def test_after_a_thousand_new_documents_the_planner_knows_how_many_ranges_there_are(feed: Feed) -> None:
    feed.publish(*(example(f"PYSEC-{number}", name=f"example-{number}") for number in range(1_000)))
    with feed.database.transaction() as connection:
        known = connection.execute("SELECT reltuples FROM pg_class WHERE oid = 'affected_range'::regclass").fetchone()
    assert known == (1_000,)


def test_the_same_documents_again_are_no_revision(feed: Feed) -> None:
    feed.publish(example())
    assert feed.publish(example()) == Publication(None)
    assert feed.changes() == [(1, "PYSEC-1", "added")]


def test_records_that_their_feed_does_not_date_touch_no_row_where_they_say_what_they_said(feed: Feed) -> None:
    feed.publish_undated(example(), example("PYSEC-2", aliases=["CVE-2026-1"]))
    before = feed.rows()
    assert feed.publish_undated(example(), example("PYSEC-2", aliases=["CVE-2026-1"])) == Publication(None)
    assert feed.rows() == before
    changed = feed.publish_undated(example(), example("PYSEC-2", aliases=["CVE-2026-2"]))
    assert (changed.revision, changed.changed) == (2, 1)
    assert feed.changes() == [(1, "PYSEC-1", "added"), (1, "PYSEC-2", "added"), (2, "PYSEC-2", "text changed")]


def test_what_a_feed_says_again_counts_where_another_said_something_else_of_the_document_since(feed: Feed) -> None:
    feed.publish(example(aliases=["CVE-2026-1"]))
    feed.publish(example(aliases=["CVE-2026-2"]), ecosystem="npm")
    feed.publish(example(aliases=["CVE-2026-1"]))
    assert feed.changes() == [(1, "PYSEC-1", "added"), (2, "PYSEC-1", "text changed"), (3, "PYSEC-1", "text changed")]
    assert [row[0] for row in feed.exposures() if row[-1]] == ["CVE-2026-1"]


def test_a_reader_that_makes_something_else_of_the_same_document_is_a_change(feed: Feed) -> None:
    parsed = parsed_record(example())
    feed.publish(example())
    assert parsed.advisory is not None
    other = replace(parsed, advisory=replace(parsed.advisory, aliases=("CVE-2026-1",)))
    feed.journal.publish("osv", "PyPI", FeedChanges({}, iter([other]), ()), feed.now)
    assert [row[0] for row in feed.exposures() if row[-1]] == ["CVE-2026-1"]


def test_a_changed_text_is_journalled_and_touches_no_exposure(feed: Feed) -> None:
    feed.publish(example())
    changed = example(summary="said better", modified="2026-07-02T00:00:00Z")
    assert feed.publish(changed) == Publication(2, changed=1)
    assert feed.exposures() == [("PYSEC-1", "2.0", "advisory added", "", True)]
    assert feed.changes() == [(1, "PYSEC-1", "added"), (2, "PYSEC-1", "text changed")]


def test_a_changed_fix_ends_the_exposure_and_begins_the_next(feed: Feed) -> None:
    feed.publish(example())
    assert feed.publish(example(fixed="3.0")) == Publication(2, changed=1, exposures_begun=1, exposures_ended=1)
    assert feed.exposures() == [
        ("PYSEC-1", "2.0", "advisory added", "fix changed", False),
        ("PYSEC-1", "3.0", "fix changed", "", True),
    ]


def test_a_changed_severity_is_a_reason_of_its_own(feed: Feed) -> None:
    feed.publish(example())
    feed.publish(example(severity="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"))
    assert [row[2:] for row in feed.exposures()] == [
        ("advisory added", "severity changed", False),
        ("severity changed", "", True),
    ]


def test_a_range_that_moves_away_ends_the_exposure_as_changed_not_as_withdrawn(feed: Feed) -> None:
    feed.publish(example())
    feed.publish(example(introduced="1.5"))
    assert feed.exposures() == [("PYSEC-1", "2.0", "advisory added", "affected range changed", False)]


def test_a_withdrawn_advisory_ends_its_exposures_with_that_reason_and_may_come_back(feed: Feed) -> None:
    feed.publish(example())
    assert feed.publish(example(withdrawn="2026-07-01T01:30:00Z")) == Publication(2, ended=1, exposures_ended=1)
    assert feed.exposures() == [("PYSEC-1", "2.0", "advisory added", "advisory withdrawn", False)]
    feed.publish(example())
    assert feed.exposures()[1] == ("PYSEC-1", "2.0", "advisory added", "", True)
    assert [row[2] for row in feed.changes()] == ["added", "withdrawn", "restored"]


WITHDRAWN_LATER = example(withdrawn="2026-07-01T02:30:00Z")


@pytest.mark.parametrize(
    "happens",
    [
        lambda feed: feed.journal.withdraw_due(feed.now + timedelta(hours=1)),
        lambda feed: feed.publish(example("PYSEC-3", name="another")),
        lambda feed: feed.publish(WITHDRAWN_LATER | {"summary": "Another text"}),
        lambda feed: feed.publish_undated(WITHDRAWN_LATER),
    ],
    ids=["nothing", "another record changes", "its text changes", "it is shown again"],
)
def test_a_withdrawal_that_lay_ahead_takes_effect_when_its_time_has_come_whatever_happens_then(
    feed: Feed, happens: Callable[[Feed], object]
) -> None:
    feed.publish(WITHDRAWN_LATER)
    feed.publish(example("PYSEC-2", name="another"))
    feed.journal.withdraw_due(feed.now + timedelta(minutes=29))
    assert feed.exposures() == [("PYSEC-1", "2.0", "advisory added", "", True)]

    happens(feed)
    assert feed.exposures() == [("PYSEC-1", "2.0", "advisory added", "advisory withdrawn", False)]
    assert [row[1:] for row in feed.changes()][1:3] == [("PYSEC-2", "added"), ("PYSEC-1", "withdrawn")]

    held = feed.rows()
    feed.journal.withdraw_due(feed.now + timedelta(days=1))
    assert feed.rows() == held


def test_a_withdrawal_that_is_taken_back_before_its_time_never_comes(feed: Feed) -> None:
    feed.publish(WITHDRAWN_LATER)
    feed.publish(example())
    feed.journal.withdraw_due(feed.now + timedelta(days=1))
    assert feed.exposures() == [("PYSEC-1", "2.0", "advisory added", "", True)]


def test_a_record_that_is_no_longer_listed_ends_its_exposures_with_that_reason(feed: Feed) -> None:
    feed.publish(example())
    assert feed.publish(removed=("PYSEC-1",)) == Publication(2, ended=1, exposures_ended=1)
    assert feed.exposures() == [("PYSEC-1", "2.0", "advisory added", "advisory removed from its feed", False)]


def test_a_snapshot_that_breaks_off_leaves_the_previous_revision_in_force(feed: Feed) -> None:
    feed.publish(example())

    def broken() -> Iterator[ParsedRecord]:
        yield parsed_record(example(withdrawn="2026-07-01T01:30:00Z"))
        raise MalformedSnapshotError("osv", "the archive ends early")

    with pytest.raises(MalformedSnapshotError):
        feed.journal.publish("osv", "PyPI", FeedChanges({}, broken(), ("PYSEC-1",)), feed.now + timedelta(hours=1))
    assert feed.exposures() == [("PYSEC-1", "2.0", "advisory added", "", True)]
    assert feed.changes() == [(1, "PYSEC-1", "added")]
    assert feed.journal.feed_state("osv", "PyPI") == {"seen": str(START + timedelta(hours=1))}


def test_a_record_that_cannot_be_read_is_counted_and_its_earlier_state_stays(feed: Feed) -> None:
    feed.publish(example())
    broken = ParsedRecord("PYSEC-1", feed.now, b"{", None, "not JSON")
    published = feed.journal.publish("osv", "PyPI", FeedChanges({}, iter([broken]), ()), feed.now + timedelta(hours=1))
    assert published == Publication(None, refused=1)
    assert feed.exposures() == [("PYSEC-1", "2.0", "advisory added", "", True)]
    assert dict(feed.journal.known("osv", "PyPI")) == {"PYSEC-1": datetime(2026, 7, 1, tzinfo=UTC)}


def test_an_advisory_about_two_cves_is_two_exposures(feed: Feed) -> None:
    feed.publish(example(aliases=("CVE-2026-1001", "CVE-2026-1002")))
    assert [row[0] for row in feed.exposures()] == ["CVE-2026-1001", "CVE-2026-1002"]


def test_a_vulnerability_that_learns_its_cve_id_keeps_its_permanent_id(feed: Feed) -> None:
    feed.publish(example("GHSA-1"))
    feed.publish(example("PYSEC-1", aliases=("GHSA-1",)))
    feed.publish(example("PYSEC-1", aliases=("GHSA-1", "CVE-2026-1001")))
    assert feed.vulnerabilities() == [(1, "CVE-2026-1001", None)]
    assert feed.exposures() == [("CVE-2026-1001", "2.0", "advisory added", "", True)]


def test_an_advisory_that_changes_its_ecosystem_ends_in_the_old_one_and_begins_in_the_new_one(feed: Feed) -> None:
    with feed.database.transaction() as connection:
        admit_packages(connection, [Package("npm", "example", "1.0.0")], START)
    feed.publish(example())
    moved = example(ecosystem="npm", modified="2026-07-03T00:00:00Z")
    feed.publish(moved, ecosystem="npm")
    feed.publish(moved)
    assert feed.exposures() == [
        ("PYSEC-1", "2.0", "advisory added", "affected range changed", False),
        ("PYSEC-1", "2.0", "affected range changed", "", True),
    ]


def test_two_vulnerabilities_that_turn_out_to_be_one_leave_a_redirect(feed: Feed) -> None:
    feed.publish(example("GHSA-1"))
    feed.publish(example("PYSEC-1"))
    feed.publish(example("PYSEC-1", aliases=("GHSA-1",)))
    assert feed.vulnerabilities() == [(1, "GHSA-1", None), (2, "PYSEC-1", 1)]
    assert feed.exposures() == [
        ("GHSA-1", "2.0", "advisory added", "", True),
        ("PYSEC-1", "2.0", "advisory added", "vulnerabilities merged", False),
    ]


def test_a_document_that_is_no_longer_listed_connects_nothing_and_is_known_when_it_comes_back(feed: Feed) -> None:
    def exposed() -> set[object]:
        return {row[0] for row in feed.exposures() if row[-1]}

    feed.publish(example("GHSA-1", aliases=("CVE-2026-1001",)), example("PYSEC-1"))
    feed.publish(example("MAL-1", aliases=("GHSA-1", "PYSEC-1")))
    assert exposed() == {"CVE-2026-1001"}
    feed.publish(removed=("MAL-1",))
    assert exposed() == {"CVE-2026-1001", "PYSEC-1"}
    before = feed.vulnerabilities()
    feed.publish(removed=("PYSEC-1",))
    feed.publish(example("PYSEC-1"))
    assert (exposed(), feed.vulnerabilities()) == ({"CVE-2026-1001", "PYSEC-1"}, before)


def test_a_feed_says_when_it_was_asked_and_what_went_wrong(feed: Feed) -> None:
    def feed_row() -> list[tuple[object, ...]]:
        return feed._rows("SELECT checked_at, changed_at, problem FROM feed")

    feed.publish(example())
    first, later = START + timedelta(hours=1), START + timedelta(hours=5)
    feed.journal.record_checked("osv", "PyPI", later, "no answer")
    assert feed_row() == [(first, first, "no answer")]
    feed.journal.record_checked("osv", "PyPI", later)
    assert feed_row() == [(later, first, "")]
    feed.now = START + timedelta(hours=8)
    feed.publish(example())
    assert feed_row() == [(START + timedelta(hours=9), first, "")], "the same again is no change"


def test_names_with_characters_that_the_database_cannot_hold_do_no_harm(feed: Feed) -> None:
    parsed = parsed_record(example())
    assert parsed.advisory is not None
    odd = replace(
        parsed.advisory, aliases=("CVE-2026-1001", "bad\x00alias", "lone\ud800surrogate"), summary="nul \x00 inside"
    )
    changes = FeedChanges({}, iter([replace(parsed, advisory=odd)]), ())
    assert feed.journal.publish("osv", "PyPI", changes, feed.now).added == 1
    assert [row[0] for row in feed.exposures()] == ["CVE-2026-1001"]


def test_what_cannot_be_read_ends_nothing_and_is_told(feed: Feed) -> None:
    feed.publish(example(), example("PYSEC-2", name="example"))
    held = feed.exposures()
    odd = example()
    odd["affected"][0]["ranges"] = [{"type": "NEW"}]
    nameless = example(name="other")
    nameless["affected"].append({"package": {"ecosystem": "PyPI"}})

    def told() -> list[object]:
        (view,) = load_feed_views(feed.database, lambda _: [("osv", "PyPI", timedelta(days=1))], feed.now)
        return [view.partial, *view.unread]

    assert feed.publish(odd) == Publication(2, changed=1)
    assert told() == [1, "PYSEC-1: example of PyPI: an unknown kind of range: 'NEW'"]
    assert feed.publish(nameless) == Publication(3, changed=1)
    assert told() == [1, "PYSEC-1: affected[1]: an affected package of 'PyPI' without a name"]
    assert feed.exposures() == held

    assert feed.publish(example(name="other")) == Publication(4, changed=1, exposures_ended=1)
    assert told() == [0]


def test_a_withdrawn_record_ends_what_it_said_even_where_it_cannot_be_read_whole(feed: Feed) -> None:
    feed.publish(example())
    odd = example(withdrawn="2026-07-01T00:30:00Z")
    odd["affected"].append({"package": {"ecosystem": "PyPI"}})
    assert feed.publish(odd) == Publication(2, ended=1, exposures_ended=1)
