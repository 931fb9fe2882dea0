"""Pruning changes no answer: every question as of the horizon or later is answered as before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dogwatch.model.errors import InvalidRequestError
from dogwatch.model.views import FindingQuery, FindingView
from dogwatch.store.connection import Database
from dogwatch.store.findings import FindingStore
from dogwatch.store.pruning import JournalPruning
from tests.laws.finding_worlds import ACCOUNT, START, World, disturb, store_world, walk, worlds

LAST_DAY = 110


def answers(database: Database, horizon: int) -> list[list[FindingView]]:
    """Return all findings as of the horizon (a day), of a day when what ended before may be bridged, and of the end."""
    moments = [START + timedelta(days=day) for day in (horizon, horizon + 6, LAST_DAY)]
    return [walk(FindingStore(database), FindingQuery(ACCOUNT, as_of=at, limit=100), at) for at in moments]


@given(
    world=worlds(),
    horizon=st.integers(30, LAST_DAY - 10),
    frozen=st.lists(st.tuples(st.integers(1, 9), st.integers(0, 2)), max_size=2),
    moved=st.lists(st.tuples(st.integers(1, 9), st.integers(1, 3)), max_size=2),
    rows=st.sampled_from([1, 3, 1_000]),
)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], phases=(Phase.explicit, Phase.reuse, Phase.generate)
)
def test_every_question_from_the_horizon_on_has_the_same_answer(
    opened: Database,
    world: World,
    horizon: int,
    frozen: list[tuple[int, int]],
    moved: list[tuple[int, int]],
    rows: int,
) -> None:
    at = START + timedelta(days=horizon)
    with opened.transaction() as connection:
        connection.execute("TRUNCATE revision, journal_horizon CASCADE")
        connection.execute("INSERT INTO revision VALUES (1, 'osv', 'PyPI', %s, 0, 0, 0)", (START - timedelta(days=1),))
        store_world(connection, world)
        disturb(connection, world, frozen, moved)
    before = answers(opened, horizon)
    JournalPruning(opened, rows).prune(at)

    assert answers(opened, horizon) == before
    with pytest.raises(InvalidRequestError, match="as_of: nothing is kept from before 2026-"):
        walk(FindingStore(opened), FindingQuery(ACCOUNT, as_of=at - timedelta(seconds=1)), at)
    with opened.transaction() as connection:
        left = connection.execute("SELECT FROM set_exposure WHERE exposure_id NOT IN (SELECT id FROM exposure)")
        assert left.fetchall() == []
