"""The operator's documents: what they change of verdicts, with which reasons, and that taking them back undoes it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.feeds import FeedChanges, ParsedRecord
from dogwatch.model.operator_documents import StatementView, Supply, UnusedProduct
from dogwatch.model.packages import Package
from dogwatch.store.connection import Database
from dogwatch.store.inventories import admit_packages
from dogwatch.store.journal import JournalStore
from dogwatch.store.operator_documents import OperatorDocumentStore
from tests.builders.advisories import encode_record, osv_record
from tests.builders.statements import NAME, csaf, openvex, read, statement

START = datetime(2026, 7, 1, tzinfo=UTC)
LIBSSL = Package("Debian:12", "libssl3", "3.0.11-1", "amd64", "openssl", "3.0.11-1")
OPENSSL = Package("Debian:12", "openssl", "3.0.11-1", "amd64", "openssl", "3.0.11-1")
PURL = "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12&upstream=openssl"


class Clock:
    """The present, which the test moves."""

    def __init__(self) -> None:
        self.present = START + timedelta(days=9)

    def now(self) -> datetime:
        self.present += timedelta(hours=1)
        return self.present


class Installation:
    """Two packages of one source, to which Debian's feed says that both are affected."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.documents = OperatorDocumentStore(database, Clock())  # type: ignore[arg-type]  # only asked for the time
        with database.transaction() as connection:
            admit_packages(connection, [LIBSSL, OPENSSL], START)
        record = osv_record(
            "DEBIAN-CVE-2026-1001", ecosystem="Debian:12", name="openssl", fixed="3.0.12-1", urgency="low"
        )
        self.publish(record)

    def publish(self, record: dict[str, Any]) -> None:
        """Let Debian's feed say something."""
        advisory = read(record).records[0].advisory
        assert advisory is not None
        parsed = ParsedRecord(advisory.id, advisory.modified_at, encode_record(record), advisory)
        JournalStore(self.database).publish("osv", "Debian", FeedChanges({}, iter([parsed]), ()), START)

    def add(self, *statements: dict[str, Any], name: str = NAME, timestamp: str = "2026-07-01T00:00:00Z") -> Supply:
        """Add a document."""
        return self.documents.add(read(openvex(*statements, name=name, timestamp=timestamp)), "root").outcome

    def exposures(self, package: str = "libssl3") -> list[tuple[object, ...]]:
        """(verdict, fix state, fixed version, source, begin reason, end reason) of one package, oldest first."""
        with self.database.transaction() as connection:
            return connection.execute(
                "SELECT verdict, fix_state, fixed_version, source, begin_reason, end_reason FROM exposure"
                " JOIN package ON package.id = package_id WHERE package.name = %s ORDER BY exposure.id",
                (package,),
            ).fetchall()


AFFECTED = ("affected", "fixed", "3.0.12-1", "osv")
BY_DEBIAN = (*AFFECTED, "advisory added", "")
NO_LONGER = "document of the operator no longer in force"
NOT_AFFECTED = "not affected, says a document of the operator"
FIXED = "fixed, says a document of the operator"


@pytest.fixture
def here(database: str) -> Iterator[Installation]:
    opened = Database(database)
    opened.open()
    yield Installation(opened)
    opened.close()


def test_a_statement_closes_what_it_names_alone_with_a_reason_of_its_own_and_taking_it_back_undoes_it(
    here: Installation,
) -> None:
    added = here.documents.add(read(openvex(statement("CVE-2026-1001", "not_affected", PURL))), "root")
    assert (added.outcome, added.document.statements, added.document.packages) == (Supply.ADDED, 1, 1)
    assert (added.exposures_begun, added.exposures_ended) == (1, 1)
    closed = (*AFFECTED, "advisory added", NOT_AFFECTED)
    stated = ("not affected", "unknown", "", "vex", NOT_AFFECTED)
    assert here.exposures() == [closed, (*stated, "")]
    assert here.exposures("openssl") == [BY_DEBIAN]
    assert here.documents.remove(NAME).name == NAME
    assert here.exposures() == [closed, (*stated, NO_LONGER), (*AFFECTED, NO_LONGER, "")]
    assert here.documents.list() == ()


def test_fixed_is_said_only_where_the_document_says_so(here: Installation) -> None:
    here.add(statement("CVE-2026-1001", "fixed", PURL))
    assert here.exposures()[-1] == ("not affected", "fixed", "", "vex", FIXED, "")


def test_a_range_of_a_source_package_holds_for_all_that_is_made_of_it(here: Installation) -> None:
    source = csaf({"fixed": ["range"]})
    purl = {"purl": "pkg:deb/debian/openssl?arch=source&distro=bookworm"}
    product = {"product_id": "range", "product_identification_helper": purl}
    branch = {"category": "product_version_range", "name": "vers:deb/>=3.0.11-1|<3.1", "product": product}
    here.documents.add(read({**source, "product_tree": {"branches": [branch]}}), "root")
    (told,) = here.documents.show("acme-2026-1").statements

    assert [here.exposures(name)[-1] for name in ("libssl3", "openssl")] == [
        ("not affected", "fixed", "", "vex", FIXED, "")
    ] * 2
    assert (told.versions, told.packages) == ("from 3.0.11-1, before 3.1", 2)


def test_affected_keeps_the_fix_and_severity_that_others_know(here: Installation) -> None:
    here.add(statement("CVE-2026-1001", "affected", PURL, action_statement="Wait."))
    assert here.exposures() == [("affected", "fixed", "3.0.12-1", "vex", "advisory added", "")]


def test_the_newest_statement_counts_whatever_the_order_in_which_they_came(here: Installation) -> None:
    here.add(statement("CVE-2026-1001", "affected", PURL), name="new", timestamp="2026-07-02T00:00:00Z")
    here.add(statement("CVE-2026-1001", "not_affected", PURL), name="old", timestamp="2026-07-01T00:00:00Z")
    assert here.exposures()[-1][0] == "affected"
    overruled = [one.overruled_by for name in ("old", "new") for one in here.documents.show(name).statements]
    assert overruled == ["new#CVE-2026-1001", ""]
    earlier = statement("CVE-2026-1001", "affected", PURL, timestamp="2026-06-30T00:00:00Z")
    here.add(earlier, name="new", timestamp="2026-07-03T00:00:00Z")
    assert here.exposures()[-1][0] == "not affected"
    here.documents.remove("new")
    assert here.exposures()[-1][0] == "not affected"
    here.add(statement("CVE-2026-1001", "under_investigation", PURL), name="doubt", timestamp="2026-07-03T00:00:00Z")
    assert here.exposures()[-1] == (*AFFECTED, NO_LONGER, "")


def test_packages_that_arrive_later_meet_statements_without_version_and_release(here: Installation) -> None:
    here.add(statement("CVE-2026-1001", "not_affected", "pkg:deb/debian/libssl3"))
    later = Package("Debian:12", "libssl3", "3.0.10-1", "arm64", "openssl", "3.0.10-1")
    with here.database.transaction() as connection:
        admit_packages(connection, [later], START)
    assert [row[0] for row in here.exposures()] == ["affected", "not affected", "not affected"]


def test_a_document_is_replaced_by_a_newer_state_of_it_and_never_by_an_older_one(here: Installation) -> None:
    both = (statement("CVE-2026-1001", "not_affected", PURL), statement("CVE-2026-1002", "affected", PURL))
    assert here.add(*both) is Supply.ADDED
    assert here.add(*both) is Supply.UNCHANGED
    shrunk = here.documents.add(read(openvex(both[1], timestamp="2026-07-02T00:00:00Z")), "root")
    assert (shrunk.outcome, shrunk.ended) == (Supply.REPLACED, 1)
    assert here.exposures()[-1] == (*AFFECTED, NO_LONGER, "")
    with pytest.raises(InvalidRequestError, match=r"^acme.json: dated in the future: 2027-01-01T00:00:00Z$"):
        here.add(*both, timestamp="2027-01-01T00:00:00Z")
    with pytest.raises(InvalidRequestError, match=r"^acme.json: .* which is newer; remove it first$"):
        here.add(*both)
    here.documents.remove(NAME)
    assert here.add(*both) is Supply.ADDED
    assert [row[0] for row in here.exposures() if not row[5]] == ["not affected", "affected"]


def test_what_a_document_says_of_nothing_is_shown_beside_what_it_says_of_packages(here: Installation) -> None:
    elsewhere = statement("CVE-2026-1009", "affected", "pkg:npm/nowhere@1", "pkg:oci/app")
    here.add(statement("CVE-2026-1001", "not_affected", PURL), elsewhere)
    (listed,) = here.documents.list()
    shown = here.documents.show(str(listed.id))
    assert (listed.statements, listed.packages, listed.unused) == (2, 1, 1)
    assert shown.document == listed
    why = "not affected: vulnerable_code_not_present"
    assert shown.statements == (
        StatementView("CVE-2026-1001", "Debian:12", "libssl3", "3.0.11-1", "amd64", "not affected", "unknown", why, 1),
        StatementView("CVE-2026-1009", "npm", "nowhere", "1", "", "affected", "unknown", "affected", 0),
    )
    reason = "is an image: what is said of images counts in `dogwatch scan --vex` alone"
    assert shown.unused == (UnusedProduct("statements[1].products[1]", "pkg:oci/app", reason),)
    with pytest.raises(NotFoundError):
        here.documents.show("nobody's")


def test_an_advisory_of_the_operators_finds_internal_packages_and_beats_the_distribution(here: Installation) -> None:
    own = osv_record("ACME-1", ecosystem="Debian:12", name="openssl", aliases=["CVE-2026-1001"], fixed="3.0.11-1+acme1")
    here.documents.add(read(own), "root")
    assert here.exposures()[-1] == ("affected", "fixed", "3.0.11-1+acme1", "supplied", "fix changed", "")
    here.add(statement("CVE-2026-1001", "not_affected", PURL), timestamp="2020-01-01T00:00:00Z")
    assert here.exposures()[-1][:4] == ("not affected", "unknown", "", "vex")
    here.documents.remove("ACME-1")
    assert here.exposures("openssl")[-1] == (*AFFECTED, "fix changed", "")


def test_what_the_operator_alone_said_ends_as_no_longer_in_force(here: Installation) -> None:
    here.add(statement("CVE-2026-1002", "affected", PURL))
    here.documents.remove(NAME)
    said = ("affected", "unknown", "", "vex", "affected, says a document of the operator", NO_LONGER)
    assert here.exposures()[-1] == said
