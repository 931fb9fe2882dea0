"""A machine whose clock is set back: what was known stays known, what comes is taken in, no interval is reversed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from dogwatch.app.process import build
from dogwatch.flow.feeds import update_feed
from tests.builders.advisories import osv_record
from tests.flow.world import EXPECTED, World, small_world, vulnerable_image


def test_half_an_hour_back_in_the_middle_of_everything_changes_nothing_that_was_known(
    database: str, tmp_path: Path
) -> None:
    with small_world(database, tmp_path) as world:
        world.push("team/app", vulnerable_image())
        world.app.run_until_idle()
        assert world.findings() == EXPECTED
        back = timedelta(minutes=30)
        with build(world.app.settings, machine=lambda: datetime.now(UTC) - back, isolated=False) as app:
            later = World(app, world.simulator, world.bucket, world.registry)
            assert later.findings() == EXPECTED
            later.push("team/other", vulnerable_image("other"))
            later.bucket.put("npm", _fixed_later())
            later.app.run_until_idle()
            update_feed(app.outside, "osv", "npm")
            expected = [(*one[:3], "4.17.99", one[4]) if one[1] == "lodash" else one for one in EXPECTED]
            assert sorted(later.findings()) == sorted(expected * 2)
            assert app.audit().differences == ()
            assert later.rows("SELECT count(*) FROM exposure WHERE to_at < from_at") == [(0,)]
            assert later.rows("SELECT count(*) FROM monitoring WHERE to_at < from_at") == [(0,)]


def _fixed_later() -> dict[str, object]:
    return osv_record(
        "GHSA-aaaa-bbbb-cccc",
        ecosystem="npm",
        name="lodash",
        modified="2026-07-02T00:00:00Z",
        fixed="4.17.99",
        range_type="SEMVER",
        aliases=["CVE-2026-0003"],
    )
