"""Lifecycle policies on the whole path: a day passes, and what would go stands beside what is watched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dogwatch.flow.lifecycle import evaluate_policies
from dogwatch.model.views import ImageQuery
from tests.builders.lifecycle import rule, text_of
from tests.flow.world import ACCOUNT, World, small_world, vulnerable_image


@pytest.fixture
def world(database: str, tmp_path: Path) -> Iterator[World]:
    with small_world(database, tmp_path) as opened:
        opened.push("team/app", vulnerable_image())
        opened.app.run_until_idle()
        yield opened


def test_a_day_later_the_job_tells_what_would_go(world: World) -> None:
    app = world.app
    alias = app.registries.list(ACCOUNT)[0].alias
    app.lifecycle.set_policy(ACCOUNT, alias, "team/app", text_of(rule(1, "any", days=1)))
    (before,) = app.views.images(ImageQuery(ACCOUNT)).rows
    app.advance_clock(timedelta(days=2))  # queues what the clock brings
    app.queue.evaluate_policies()
    app.run_until_idle()
    (after,) = app.views.images(ImageQuery(ACCOUNT)).rows
    assert before.proposal is None
    assert after.proposal is not None
    assert after.proposal.sentence.startswith("would be deleted: pushed on ")
    assert (after.status_code, after.watched_until) == (before.status_code, before.watched_until)
    assert evaluate_policies(app.outside) == 0  # its day has begun
