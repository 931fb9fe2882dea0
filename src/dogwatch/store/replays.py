"""The whole history of a manifest takes its effect: when it becomes known, and when it is seen to have been there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import psycopg

from dogwatch.model.monitoring import Clocks
from dogwatch.store.moves import move_images
from dogwatch.store.queries import load_queries
from dogwatch.windows import Happening

_SQL = load_queries("replays")

PLAUSIBLE_SINCE = datetime(2013, 3, 1, tzinfo=UTC)
"""No container image is older than the first Docker: a config that says so has no real time."""


def replay(connection: psycopg.Connection, ids: Sequence[int], now: datetime) -> None:
    """Let the whole history of the images' manifests, and of the indexes that name them, take its effect.

    Call it with the account's lock held; what was heard before changes nothing.
    """
    values = {"ids": ids, "plausible_since": PLAUSIBLE_SINCE}
    happenings = {
        image_id: Happening(Clocks(pushed_at, pulled_at), pulled_by, replayed=True, outside_look_back=outside)
        for image_id, pushed_at, pulled_at, pulled_by, outside in connection.execute(_SQL["history"], values).fetchall()
    }
    move_images(connection, happenings, now)
