"""Findings over the real stores: why they began and ended, where their packages stand, and what stays frozen."""

from __future__ import annotations

import pytest

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.packages import Package
from dogwatch.model.views import FindingQuery, FindingView
from dogwatch.store.clock import ProductClock
from dogwatch.store.findings import FindingStore
from dogwatch.store.operator_documents import OperatorDocumentStore
from tests.builders.contents import advisory, contain, publish
from tests.builders.statements import NAME, openvex, read, statement
from tests.builders.watching import ACCOUNT, World, as_day, day, deleted, digest, image, pushed

LODASH = Package("npm", "lodash", "4.17.20")
REQUESTS = Package("PyPI", "requests", "2.30.0")


def findings(world: World, now: float, as_of: float | None = None) -> tuple[FindingView, ...]:
    query = FindingQuery(ACCOUNT, sort="vulnerability", descending=False, as_of=None if as_of is None else day(as_of))
    return FindingStore(world.database).findings(query, day(now)).rows


def states(world: World, now: float, as_of: float | None = None) -> list[tuple[str, str, str, str]]:
    """Return vulnerability, status, why it began and why it closed."""
    return [(one.vulnerability, one.status, one.begin_reason, one.closed_reason) for one in findings(world, now, as_of)]


def watched(world: World, name: str, at: float, layers: tuple[str, ...] = ()) -> None:
    world.tell(at, pushed(name, at, "latest"))
    world.resolve(at, image(name, layers=layers))


def test_a_finding_says_why_it_began(world: World) -> None:
    publish(world, 1, "npm", advisory("A-1", "npm", "lodash", 1))
    watched(world, "a", 2)
    contain(world, 3, "a", LODASH)
    publish(world, 4, "npm", advisory("A-2", "npm", "lodash", 4, severity="low"))
    assert states(world, 5) == [("A-1", "ACTIVE", "first inventory", ""), ("A-2", "ACTIVE", "advisory added", "")]
    publish(world, 6, "npm", advisory("A-2", "npm", "lodash", 6, severity="critical"))
    assert states(world, 7)[1] == ("A-2", "ACTIVE", "severity changed", "")
    assert states(world, 7, as_of=5)[1] == ("A-2", "ACTIVE", "advisory added", "")


def test_an_image_that_comes_back_says_so(world: World) -> None:
    publish(world, 1, "npm", advisory("A-1", "npm", "lodash", 1))
    watched(world, "a", 2)
    contain(world, 3, "a", LODASH)
    world.watch.end_expired(day(40), 10)
    world.tell(50, pushed("a", 50))
    assert states(world, 51) == [("A-1", "ACTIVE", "pushed again", "")]
    publish(world, 52, "npm", advisory("A-1", "npm", "lodash", 52, withdrawn=True))
    assert states(world, 53) == [("A-1", "CLOSED", "pushed again", "advisory withdrawn")]


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("image", "monitoring ended: the image was deleted"),
        ("registry", "monitoring ended: the registry was removed"),
        ("windows", "monitoring ended: both windows are over"),
    ],
)
def test_findings_of_what_is_no_longer_watched_are_shown_closed_for_three_days(
    world: World, what: str, reason: str
) -> None:
    publish(world, 1, "npm", advisory("A-1", "npm", "lodash", 1))
    watched(world, "a", 2)
    contain(world, 2, "a", LODASH)
    if what == "image":
        world.tell(32, deleted("a", 32))
    elif what == "registry":
        world.machine[0] = day(32)
        world.registries.remove(ACCOUNT, "local")
    closed = ("A-1", "CLOSED", "pushed", reason)
    assert states(world, 33) == states(world, 34.9) == [closed]
    (shown,) = findings(world, 33)
    assert (shown.digest, shown.repository, shown.registry_alias) == (digest("a"), "app", "local")
    assert shown.tags == (() if what == "image" else ("latest",))
    assert states(world, 35.1) == []
    assert states(world, 60, as_of=33) == [closed]
    assert states(world, 60, as_of=31) == [("A-1", "ACTIVE", "pushed", "")]
    with pytest.raises(InvalidRequestError, match="as_of: this moment has not come"):
        states(world, 60, as_of=60.1)


def test_a_package_that_two_layers_brought_is_shown_with_both_oldest_first(world: World) -> None:
    publish(world, 1, "npm", advisory("A-1", "npm", "lodash", 1))
    publish(world, 1, "PyPI", advisory("A-2", "PyPI", "requests", 1))
    watched(world, "a", 2, layers=("one", "two", "three"))
    places = [(LODASH, 2, "srv/b"), (LODASH, 0, "srv/a"), (REQUESTS, 1, "usr/r")]
    contain(world, 2, "a", places=places)
    assert [
        [(package.name, package.layer_digest, package.paths) for package in one.packages] for one in findings(world, 3)
    ] == [
        [("lodash", digest("blob one"), ("srv/a",)), ("lodash", digest("blob three"), ("srv/b",))],
        [("requests", digest("blob two"), ("usr/r",))],
    ]


def test_a_frozen_image_keeps_its_findings_and_gets_no_new_ones_until_it_is_pushed_again(world: World) -> None:
    publish(world, 1, "npm", advisory("A-1", "npm", "lodash", 1))
    watched(world, "a", 2)
    world.set_frequency("SCAN_ON_PUSH")
    contain(world, 3, "a", LODASH)
    watched(world, "b", 4)
    publish(world, 5, "npm", advisory("A-1", "npm", "lodash", 5, withdrawn=True), advisory("A-2", "npm", "lodash", 5))
    contain(world, 6, "b", LODASH)  # frozen later, so with the other one

    def by_image(now: float) -> list[tuple[str, str, str]]:
        letters = {digest(letter): letter for letter in "ab"}
        return sorted((letters[one.digest], one.vulnerability, one.status) for one in findings(world, now))

    assert by_image(7) == [("a", "A-1", "ACTIVE"), ("b", "A-2", "ACTIVE")]
    world.tell(8, pushed("a", 8))
    assert by_image(9) == [("a", "A-1", "CLOSED"), ("a", "A-2", "ACTIVE"), ("b", "A-2", "ACTIVE")]
    assert [one.closed_reason for one in findings(world, 9) if one.status == "CLOSED"] == ["inventory replaced"]


def test_a_document_of_the_operator_closes_findings_with_a_reason_of_its_own_and_they_come_back_at_their_age(
    world: World,
) -> None:
    publish(world, 1, "npm", advisory("A-1", "npm", "lodash", 1))
    watched(world, "a", 2)
    contain(world, 3, "a", LODASH)
    documents = OperatorDocumentStore(world.database, ProductClock(world.database, lambda: world.machine[0]))
    world.machine[0] = day(4)
    said = statement("A-1", "not_affected", "pkg:npm/lodash@4.17.20")
    documents.add(read(openvex(said, timestamp="2026-01-01T00:00:00Z")), "root")
    closed = ("A-1", "CLOSED", "first inventory", "not affected, says a document of the operator")
    assert states(world, 5) == [closed]
    world.machine[0] = day(6)
    documents.remove(NAME)
    (back,) = findings(world, 7)
    assert (back.status, back.begin_reason) == ("ACTIVE", "document of the operator no longer in force")
    assert as_day(back.first_observed_at) == 3
    assert states(world, 7, as_of=5) == [closed]
