"""A database whose keys were made by older schemes comes to what the present ones say, without a finding in doubt."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from dogwatch.advisories.operator_documents import reread_documents
from dogwatch.advisories.osv_document import parse_advisory
from dogwatch.model.feeds import VEX_SOURCE, FeedChanges, ParsedRecord, StoredDocument
from dogwatch.model.packages import Package
from dogwatch.store.audit import AuditStore
from dogwatch.store.clock import ProductClock
from dogwatch.store.journal import JournalStore
from dogwatch.store.operator_documents import OperatorDocumentStore
from dogwatch.store.rekeying import RekeyingStore
from tests.builders.contents import contain
from tests.builders.statements import openvex, read, statement
from tests.builders.watching import World, day, image, pushed

OLD, NEW = Package("npm", "lodash", "4.9.0"), Package("npm", "lodash", "4.17.21")
REQUESTS = Package("PyPI", "requests", "2.30.0")


def document(name: str, ecosystem: str, package: str, fixed: str) -> bytes:
    events = [{"introduced": "0"}, {"fixed": fixed}]
    affected = {
        "package": {"ecosystem": ecosystem, "name": package},
        "ranges": [{"type": "SEMVER" if ecosystem == "npm" else "ECOSYSTEM", "events": events}],
    }
    return msgspec.json.encode({"id": name, "modified": "2026-01-01T00:00:00Z", "affected": [affected]})


def parsed(documents: Iterator[StoredDocument] | list[StoredDocument]) -> Iterator[ParsedRecord]:
    for one in documents:
        advisory = parse_advisory(one.content, source="osv", expected_id=one.id)
        yield ParsedRecord(one.id, advisory.modified_at, one.content, advisory)


def publish(world: World, ecosystem: str, *documents: tuple[str, bytes]) -> None:
    records = parsed([StoredDocument(name, day(0), content) for name, content in documents])
    JournalStore(world.database).publish("osv", ecosystem, FeedChanges({"seen": "1"}, records, ()), day(1))


def outcomes(world: World) -> list[tuple[object, ...]]:
    """Return every exposure that ever was: package, vulnerability, whether it is open, and the reasons."""
    return world.rows(
        "SELECT package.version, vulnerability.name, exposure.to_at = '9999-12-31Z', exposure.begin_reason,"
        " exposure.end_reason, exposure.id FROM exposure JOIN package ON package.id = package_id"
        " JOIN vulnerability ON vulnerability.id = vulnerability_id ORDER BY exposure.id"
    )


def keys(world: World, table: str) -> list[tuple[object, ...]]:
    open_only = "WHERE to_rev = 2147483647" if table == "affected_range" else ""
    key = "low, high" if table == "affected_range" else "key"
    return world.rows(
        f"SELECT ecosystem, scheme, scheme_number, {key}, not_comparable FROM {table} {open_only} ORDER BY 1, 4"
    )


def rekey(world: World, now: float) -> list[int]:
    """Do what the job does; returns how many packages and feeds it keyed anew."""
    store = RekeyingStore(world.database)
    packages = 0
    while done := store.rekey_packages(day(now)):
        packages += done
    feeds = store.stale_feeds()
    for feed in feeds:
        store.republish(*feed, parsed(store.load_stale_documents(*feed)), day(now))
    store.finish(day(now))
    return [packages, len(feeds)]


@pytest.fixture
def filled(world: World) -> World:
    publish(world, "npm", ("A-1", document("A-1", "npm", "lodash", "4.17.0")))
    publish(world, "PyPI", ("A-2", document("A-2", "PyPI", "requests", "2.31.0")))
    world.tell(2, pushed("a", 2, "latest"))
    world.resolve(2, image("a"))
    contain(world, 2, "a", OLD, NEW, REQUESTS)
    return world


def test_what_this_program_keyed_is_left_alone(filled: World) -> None:
    store = RekeyingStore(filled.database)
    assert store.is_due()
    before = (outcomes(filled), keys(filled, "package"), keys(filled, "affected_range"))
    assert rekey(filled, 3) == [0, 0]
    assert not store.is_due()
    assert (outcomes(filled), keys(filled, "package"), keys(filled, "affected_range")) == before


def test_keys_of_an_older_number_are_made_anew_and_no_finding_that_was_right_is_interrupted(filled: World) -> None:
    right = (keys(filled, "package"), keys(filled, "affected_range"))
    with filled.database.transaction() as connection:
        connection.execute("UPDATE package SET scheme_number = 0, key = '\\x30' WHERE ecosystem = 'npm'")
        connection.execute("UPDATE affected_range SET scheme_number = 0, content = '\\x00' WHERE ecosystem = 'npm'")
    before = outcomes(filled)
    assert rekey(filled, 3) == [2, 1]
    assert (keys(filled, "package"), keys(filled, "affected_range")) == right
    assert outcomes(filled) == before
    assert filled.rows("SELECT source, ecosystem, changed FROM revision ORDER BY id DESC LIMIT 1") == [
        ("osv", "npm", 1)
    ]
    assert filled.rows("SELECT state, checked_at FROM feed WHERE ecosystem = 'npm'") == [({"seen": "1"}, day(1))]
    assert AuditStore(filled.database, lambda: day(4)).audit().counts == ()


def test_what_older_keys_got_wrong_is_corrected(filled: World) -> None:
    with filled.database.transaction() as connection:
        # A number that took 4.17.21 for older than 4.17.0 as well, and 4.9.0 for newer.
        connection.execute("UPDATE exposure SET package_id = 4 - package_id WHERE package_id IN (1, 3)")
        connection.execute("UPDATE match SET package_id = 4 - package_id WHERE package_id IN (1, 3)")
        connection.execute("UPDATE package SET scheme_number = 0 WHERE ecosystem = 'npm'")
        connection.execute("UPDATE affected_range SET scheme_number = 0, content = '\\x00' WHERE ecosystem = 'npm'")
    ids = filled.rows("SELECT id, version FROM package ORDER BY id")
    assert {row[1] for row in ids if row[0] in (1, 3)} == {"4.9.0", "4.17.21"}, ids
    rekey(filled, 3)
    assert sorted(row[:2] for row in outcomes(filled) if row[2]) == [("2.30.0", "A-2"), ("4.9.0", "A-1")]
    assert [row[4] for row in outcomes(filled) if not row[2]] == ["affected range changed"]


def test_an_ecosystem_that_had_no_order_gets_findings_when_it_has_one(filled: World) -> None:
    right = (keys(filled, "package"), keys(filled, "affected_range"))
    expected = [row[:2] for row in outcomes(filled)]
    with filled.database.transaction() as connection:
        for table in ("set_exposure", "exposure", "match"):
            connection.execute(f"DELETE FROM {table}")
        connection.execute("UPDATE package SET scheme = '', scheme_number = 0, key = NULL, not_comparable = 'none'")
        connection.execute(
            "UPDATE affected_range SET scheme = '', scheme_number = 0, low = NULL, high = NULL, content = '\\x00',"
            " not_comparable = 'none' WHERE ecosystem = 'PyPI'"
        )  # the ranges of npm came later, with the order
    assert rekey(filled, 3) == [3, 1]
    assert (keys(filled, "package"), keys(filled, "affected_range")) == right
    found = outcomes(filled)
    assert sorted(row[:2] for row in found) == sorted(expected)
    assert sorted(str(row[3]) for row in found) == ["affected range changed", "version keys made anew"]
    assert filled.rows("SELECT * FROM undetermined") == []
    assert AuditStore(filled.database, lambda: day(4)).audit().counts == ()


def test_statements_of_the_operator_are_keyed_anew_as_well(filled: World) -> None:
    said = statement("A-1", "not_affected", "pkg:npm/lodash@4.9")
    OperatorDocumentStore(filled.database, ProductClock(filled.database, lambda: day(2))).add(
        read(openvex(said, timestamp="2026-01-01T00:00:00Z")), "root"
    )
    right = keys(filled, "affected_range")
    with filled.database.transaction() as connection:
        connection.execute("UPDATE affected_range SET scheme_number = 0, content = '\\x00' WHERE naming <> ''")
    store = RekeyingStore(filled.database)
    assert store.stale_feeds() == ((VEX_SOURCE, "*"),)
    records = reread_documents(VEX_SOURCE, store.load_stale_documents(VEX_SOURCE, "*"))
    store.republish(VEX_SOURCE, "*", records, day(3))
    assert keys(filled, "affected_range") == right
    assert store.stale_feeds() == ()
