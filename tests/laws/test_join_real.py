"""The law of matching over the real PyPI feed with seven days of changes, and over transactions at one moment."""

from __future__ import annotations

import random
import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dogwatch.advisories import FeedReader, parse_advisory
from dogwatch.matching import decide, key_affected_ranges, key_package
from dogwatch.model.advisories import Advisory
from dogwatch.model.feeds import FeedChanges, ParsedRecord, StoredDocument
from dogwatch.model.packages import KeyedPackage, Package
from dogwatch.model.verdicts import Verdict
from dogwatch.store.connection import Database
from dogwatch.store.inventories import admit_packages
from dogwatch.store.journal import JournalStore
from dogwatch.store.knowledge import KnowledgeStore
from dogwatch.store.pruning import JournalPruning
from dogwatch.versions import family_of
from tests.builders.advisories import encode_record, osv_record
from tests.laws.test_join import stored_matches
from tests.requirements import requires_shared
from tests.simulators.buckets import FeedBucket
from tests.waiting import PATIENCE_SECONDS

START = datetime(2026, 7, 16, tzinfo=UTC)


# --- the real feed ----------------------------------------------------------------------------------------------------


def documents_of(bucket: FeedBucket) -> Iterator[bytes]:
    """The documents that the bucket lists today, by way of its files alone."""
    folder = bucket.folder / "PyPI"
    with zipfile.ZipFile(folder / "all.zip") as archive:
        for name in bucket.listed("PyPI"):
            single = folder / f"{name}.json"
            yield single.read_bytes() if single.exists() else archive.read(f"{name}.json")


def packages_around(advisories: list[Advisory], count: int) -> list[Package]:
    """Package versions that sit on the borders of real ranges: the versions that advisories themselves name."""
    named = {
        (entry.name, version)
        for advisory in advisories
        for entry in advisory.affected
        if family_of(entry.ecosystem) == "PyPI"
        for version in (
            *(event.version for stated in entry.ranges for event in stated.events),
            *entry.versions[-2:],
        )
    }
    return [Package("PyPI", *one) for one in random.Random(20260716).sample(sorted(named), count)]


def expected_matches(advisories: list[Advisory], packages: list[Package], now: datetime) -> set[tuple[object, ...]]:
    """`decide` over every pair that shares a name."""
    by_name: dict[str, list[KeyedPackage]] = {}
    for package in packages:
        keyed = key_package(package)
        by_name.setdefault(keyed.match_name, []).append(keyed)
    return {
        (keyed.package, advisory.id, one.low, one.high, one.exact_version, str(one.naming), one.arch, str(verdict))
        for advisory in advisories
        if advisory.withdrawn_at is None or advisory.withdrawn_at > now
        for one in key_affected_ranges(advisory)
        if family_of(one.ecosystem) == "PyPI"
        for keyed in by_name.get(one.name, ())
        if (verdict := decide(keyed, one)) not in (None, Verdict.UNDETERMINED)
    }


@requires_shared()
def test_seven_real_days_incrementally_give_what_decide_gives_on_each_day(
    opened: Database, real_data: Path, tmp_path: Path
) -> None:
    bucket = FeedBucket.copied(real_data / "osv", tmp_path / "bucket", ["PyPI"])
    journal = JournalStore(opened)
    reader = FeedReader(str(tmp_path / "bucket"), tmp_path / "spool", ["PyPI"])
    packages: list[Package] = []
    days = [None, *sorted((real_data / "osv-daily").glob("*.tar.xz"))]
    for number, day in enumerate(days):
        now = START + timedelta(days=number)
        if day is not None:
            bucket.lay_over(day)
        advisories = [parse_advisory(document) for document in documents_of(bucket)]
        with opened.transaction() as connection:
            arriving = packages_around(advisories, 600)
            admit_packages(connection, arriving, now)
        packages = sorted({*packages, *arriving})
        state, known = journal.feed_state("osv", "PyPI"), journal.known("osv", "PyPI").items()
        with reader.fetch("osv", "PyPI", state, known, now) as changes:
            if changes is not None:
                journal.publish("osv", "PyPI", changes, now)
        JournalPruning(opened).prune(now - timedelta(days=2))  # takes nothing that later days rest on
        with opened.transaction() as connection:
            assert stored_matches(connection) == expected_matches(advisories, packages, now)
    with KnowledgeStore(opened).contents() as contents:
        held = {one.content for content in contents for one in content.records if isinstance(one, StoredDocument)}
    assert held == set(documents_of(bucket))


# --- two transactions at one moment -----------------------------------------------------------------------------------


def one_record() -> FeedChanges:
    """A feed that shows one advisory: every version of `example` below 2.0."""
    document = encode_record(osv_record("PYSEC-1", name="example", fixed="2.0"))
    advisory = parse_advisory(document)
    return FeedChanges({}, iter([ParsedRecord(advisory.id, advisory.modified_at, document, advisory)]), ())


EXAMPLE = Package("PyPI", "example", "1.0")


def count_exposures(database: Database) -> int:
    """How many exposures are open."""
    with database.transaction() as connection:
        row = connection.execute("SELECT count(*) FROM exposure WHERE to_at = '9999-12-31Z'").fetchone()
    return int(row[0]) if row else 0


def test_a_publication_waits_for_a_package_that_is_arriving_and_then_meets_it(opened: Database) -> None:
    journal = JournalStore(opened)
    with opened.transaction() as connection:
        admit_packages(connection, [EXAMPLE], START)  # not committed yet
        publication = threading.Thread(target=lambda: journal.publish("osv", "PyPI", one_record(), START))
        publication.start()
        publication.join(timeout=0.5)
        assert publication.is_alive(), "the publication did not wait for the arriving package"
    publication.join(PATIENCE_SECONDS)
    assert count_exposures(opened) == 1


def test_a_package_that_arrives_during_a_publication_waits_and_then_meets_its_ranges(opened: Database) -> None:
    journal = JournalStore(opened)
    inside, go_on = threading.Event(), threading.Event()

    def arrive() -> None:
        with opened.transaction() as connection:
            admit_packages(connection, [EXAMPLE], START)

    def slow_feed() -> Iterator[ParsedRecord]:
        yield from one_record().records
        inside.set()
        assert go_on.wait(PATIENCE_SECONDS)

    publication = threading.Thread(
        target=lambda: journal.publish("osv", "PyPI", FeedChanges({}, slow_feed(), ()), START)
    )
    publication.start()
    assert inside.wait(PATIENCE_SECONDS)
    arrival = threading.Thread(target=arrive)
    arrival.start()
    go_on.set()
    publication.join(PATIENCE_SECONDS)
    arrival.join(PATIENCE_SECONDS)
    assert count_exposures(opened) == 1


@pytest.mark.parametrize("seed", range(8))
def test_arrivals_and_publications_in_any_interleaving_never_miss_each_other(opened: Database, seed: int) -> None:
    journal = JournalStore(opened)
    order = random.Random(seed)
    versions = [f"1.{minor}" for minor in range(12)]

    def arrive(version: str) -> None:
        with opened.transaction() as connection:
            admit_packages(connection, [Package("PyPI", "example", version)], START)

    def publish(number: int) -> None:
        document = encode_record(osv_record(f"PYSEC-{number}", name="example", fixed=f"1.{number + 6}"))
        advisory = parse_advisory(document)
        records = iter([ParsedRecord(advisory.id, advisory.modified_at, document, advisory)])
        journal.publish("osv", "PyPI", FeedChanges({}, records, ()), START)

    work = [threading.Thread(target=arrive, args=(version,)) for version in versions]
    work += [threading.Thread(target=publish, args=(number,)) for number in range(4)]
    order.shuffle(work)
    for one in work:
        one.start()
    for one in work:
        one.join(PATIENCE_SECONDS)
    # PYSEC-n affects 1.0 up to, not including, 1.(n + 6).
    assert count_exposures(opened) == sum(number + 6 for number in range(4))
