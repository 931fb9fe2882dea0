"""What pruning takes away, what it leaves, and who is told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from dogwatch.model.advisories import Advisory
from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.feeds import FeedChanges, ParsedRecord
from dogwatch.model.journals import DiffQuery
from dogwatch.model.packages import Package
from dogwatch.store.connection import Database
from dogwatch.store.journal import JournalStore
from dogwatch.store.journal_diffs import load_diff
from dogwatch.store.pruning import JournalPruning
from tests.builders.contents import advisory, contain
from tests.builders.watching import ACCOUNT, World, day, image, pushed

Rows = list[tuple[Any, ...]]

NOW = day(90)
WITHDRAWN_ON = 6


def publish(world: World, on: int, *advisories: Advisory) -> None:
    """Let the feed bring advisories on a day, in documents that differ as these do."""
    records = (ParsedRecord(one.id, one.modified_at, repr(one).encode(), one) for one in advisories)
    JournalStore(world.database).publish("osv", "npm", FeedChanges({}, iter(records), ()), day(on))


@pytest.fixture
def told(world: World) -> World:
    """An advisory that is corrected twice and withdrawn, and one that stays."""
    publish(world, 1, advisory("A-1", "npm", "lodash", 1))
    world.tell(2, pushed("a", 2, "latest"))
    world.resolve(2, image("a"))
    contain(world, 2, "a", Package("npm", "lodash", "4.17.20"))
    publish(world, 3, advisory("A-1", "npm", "lodash", 3, fixed="8"), advisory("B-1", "npm", "lodash", 3))
    publish(world, 4, advisory("A-1", "npm", "lodash", 4, fixed="9"))
    publish(world, WITHDRAWN_ON, advisory("A-1", "npm", "lodash", WITHDRAWN_ON, withdrawn=True))
    return world


def rows(database: Database, query: str) -> Rows:
    with database.transaction() as connection:
        return connection.execute(query.encode()).fetchall()


def kept(world: World) -> dict[str, Rows]:
    """Everything that pruning may take away."""
    return {
        "changes": rows(
            world.database,
            "SELECT advisory.name, revision_id, kind, document IS NOT NULL FROM advisory_change"
            " JOIN advisory ON advisory.id = advisory_id ORDER BY 1, 2",
        ),
        "ranges": rows(
            world.database,
            "SELECT advisory.name, fixed, from_rev, to_rev FROM affected_range"
            " JOIN advisory ON advisory.id = advisory_id ORDER BY 1, 3",
        ),
        "matches": rows(world.database, "SELECT from_rev, to_rev FROM match ORDER BY 1, 2"),
        "exposures": rows(world.database, "SELECT from_rev, to_rev, end_reason FROM exposure ORDER BY 1, 2"),
        "set exposures": rows(world.database, "SELECT count(*) FROM set_exposure"),
    }


OPEN = 2**31 - 1
NEWEST = [("A-1", 4, "withdrawn", True), ("B-1", 2, "added", True)]


def prune(world: World, horizon: datetime, times: int = 1) -> dict[str, Rows]:
    for _ in range(times):
        JournalPruning(world.database, rows_per_transaction=2).prune(horizon)
    return kept(world)


def test_documents_and_ranges_go_with_the_horizon_and_exposures_when_no_list_shows_them(told: World) -> None:
    whole = kept(told)
    untouched = prune(told, day(0))
    between = prune(told, day(5), times=2)
    after = prune(told, day(7))
    last = prune(told, day(WITHDRAWN_ON + 30), times=2)

    assert untouched == whole
    assert whole["exposures"][:2] == [(1, 2, "fix changed"), (2, 3, "fix changed")]
    assert between == whole | {
        "changes": [("A-1", 3, "changed", True), *NEWEST],
        "ranges": whole["ranges"][2:],
        "matches": whole["matches"][2:],
    }
    assert after == between | {
        "changes": NEWEST,
        "ranges": [one for one in whole["ranges"] if one[3] == OPEN],
        "matches": [one for one in whole["matches"] if one[1] == OPEN],
    }
    assert last["exposures"] == [one for one in whole["exposures"] if one[1] == OPEN]
    assert last["set exposures"] == [(1,)]


def test_what_a_frozen_image_rests_on_stays(told: World) -> None:
    rows(told.database, "UPDATE monitoring SET frozen_revision = 1 RETURNING id")
    whole = kept(told)
    after = prune(told, NOW)

    assert after["ranges"] == [one for one in whole["ranges"] if one[2] == 1 or one[3] == OPEN]
    assert after["changes"] == [("A-1", 2, "changed", False), *NEWEST]
    assert after["exposures"] == whole["exposures"]  # frozen since before, so each might continue what is shown


def test_a_question_before_the_horizon_is_refused(told: World) -> None:
    before = load_diff(told.database, DiffQuery(ACCOUNT, day(5)), NOW)
    prune(told, day(5))

    assert load_diff(told.database, DiffQuery(ACCOUNT, day(5)), NOW) == before
    for since in (day(4), 0, 3):
        with pytest.raises(InvalidRequestError, match=r"since: nothing is kept from before .*DOGWATCH_HISTORY_DAYS"):
            load_diff(told.database, DiffQuery(ACCOUNT, since), NOW)
