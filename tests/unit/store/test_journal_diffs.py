"""What changed between two moments, and what it did to the packages of an account."""

from __future__ import annotations

from typing import Any

import pytest

from dogwatch.model.errors import InvalidRequestError, NotFoundError
from dogwatch.model.journals import AdvisoryChange, Boundary, DiffQuery, JournalDiff, Tally
from dogwatch.model.packages import Package
from dogwatch.store.journal_diffs import load_diff
from tests.builders.contents import advisory, contain, publish
from tests.builders.watching import ACCOUNT, World, day, image, pushed

NOW = day(9)


@pytest.fixture
def told(world: World) -> World:
    """A week: an advisory that is corrected and withdrawn, and one on a package that nobody has."""
    publish(world, 1, "npm", advisory("A-1", "npm", "lodash", 1))
    world.tell(2, pushed("a", 2, "latest"))
    world.resolve(2, image("a"))
    contain(world, 2, "a", Package("npm", "lodash", "4.17.20"))
    publish(world, 3, "npm", advisory("A-1", "npm", "lodash", 3, fixed="8"), advisory("B-1", "npm", "nobody", 3))
    publish(world, 5, "npm", advisory("A-1", "npm", "lodash", 5, withdrawn=True))
    return world


def diff(world: World, since: Any, until: Any = None, account: str = ACCOUNT, **more: Any) -> JournalDiff:
    return load_diff(world.database, DiffQuery(account, since, until, **more), NOW)


def change(revision: int, at: int, name: str, kind: str) -> AdvisoryChange:
    return AdvisoryChange(revision, day(at), "osv", "npm", name, kind, (name,), "")


def test_a_diff_lists_every_change_and_counts_what_it_did(told: World) -> None:
    expected = JournalDiff(
        begin=Boundary(1, day(1)),
        end=Boundary(2, day(3)),
        changes=(change(2, 3, "A-1", "changed"), change(2, 3, "B-1", "added")),
        next="",
        advisories=(Tally("added", 1), Tally("changed", 1)),
        begun=(Tally("fix changed", 1), Tally("package first seen", 1)),
        ended=(Tally("fix changed", 1),),
    )
    assert diff(told, 1, 2) == expected
    assert diff(told, day(1), day(3)) == expected
    late = diff(told, day(4))
    assert (late.begin, late.end) == (Boundary(2, day(4)), Boundary(3, NOW))
    assert (late.changes, late.begun, late.ended) == (
        (change(3, 5, "A-1", "withdrawn"),),
        (),
        (Tally("advisory withdrawn", 1),),
    )
    nothing = diff(told, 3)
    assert (nothing.changes, nothing.advisories, nothing.begun, nothing.ended) == ((), (), (), ())
    stranger = diff(told, 0, account="999999999999")
    assert (len(stranger.changes), stranger.begun, stranger.ended) == (4, (), ())
    assert [one.advisory for one in diff(told, 0, kinds=frozenset({"added"})).changes] == ["A-1", "B-1"]


def test_pages_go_on_where_the_last_one_ended_and_what_makes_no_sense_is_refused(told: World) -> None:
    first = diff(told, 0, limit=3)
    second = diff(told, 0, limit=3, after=first.next)
    assert [one.kind for one in (*first.changes, *second.changes)] == ["added", "changed", "added", "withdrawn"]
    assert (second.next, second.advisories) == ("", ())
    with pytest.raises(NotFoundError):
        diff(told, 4)
    for wrong in (
        {"since": 2, "until": 1},
        {"since": 0, "limit": 0},
        {"since": 0, "kinds": frozenset({"odd"})},
        {"since": 0, "after": "x"},
        {"since": 1, "after": first.next},
    ):
        with pytest.raises(InvalidRequestError):
            diff(told, **wrong)
