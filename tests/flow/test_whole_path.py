"""From a registry's notice to findings without any further command, and what must not disturb it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dogwatch.inventory.catalogue import FINGERPRINT
from dogwatch.model.what_if import WindowWish
from tests.builders.advisories import osv_record
from tests.builders.oci import build_image, build_index, layer_blob, layer_tar
from tests.flow.world import EXPECTED, World, app_layer, base_layer, small_world, vulnerable_image
from tests.simulators.faults import Reply


@pytest.fixture
def world(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world in which what failed is not tried again before a test lets the time come, however slow the machine."""
    monkeypatch.setattr("dogwatch.flow.retry.FIRST_PAUSE_SECONDS", 600.0)
    with small_world(database, tmp_path) as opened:
        yield opened


def test_a_push_becomes_findings(world: World) -> None:
    world.push("team/app", vulnerable_image())
    world.app.run_until_idle()
    assert world.findings() == EXPECTED
    assert world.images() == [("indexed", "", "")]
    assert world.jobs() == []


def test_every_platform_of_an_index_becomes_findings(world: World) -> None:
    images = [vulnerable_image(), build_image([base_layer()], architecture="arm64", variant="v8")]
    world.push("team/app", build_index(images), "1.0")
    world.app.run_until_idle()
    assert sorted(world.findings()) == sorted([*EXPECTED, EXPECTED[0]])


def test_layers_that_are_known_are_not_fetched_again(world: World) -> None:
    world.push("team/one", vulnerable_image("one"))
    world.app.run_until_idle()
    base = layer_blob(base_layer()).digest
    assert world.simulator.seen("GET", base) == [f"GET /v2/team/one/blobs/{base}"]
    world.push("team/two", vulnerable_image("two"))
    world.push("team/three", vulnerable_image("two"))
    world.app.run_until_idle()
    own = layer_blob(app_layer("two")).digest
    assert len(world.simulator.seen("GET", base)) == 1
    assert len(world.simulator.seen("GET", own)) == 1
    assert len(world.findings()) == 3 * len(EXPECTED)


def test_what_other_extractors_read_is_fetched_again_only_where_they_may_have_missed_something(world: World) -> None:
    world.push("team/app", vulnerable_image())
    world.app.run_until_idle()
    base, own = (layer_blob(each()).digest for each in (base_layer, app_layer))
    watch = world.rows("SELECT * FROM monitoring ORDER BY id")

    def read_by_one_without(extractor: str) -> None:
        without = f"regexp_replace(fingerprint, ',{extractor}=[0-9]+', '')"
        with world.app.database.transaction() as connection:
            connection.execute(f"UPDATE layer_evidence SET fingerprint = {without}")
            connection.execute(f"UPDATE layer_chain SET fingerprint = {without}")
        world.app.queue.pick_up_forgotten()
        world.app.queue.reread()
        world.app.run_until_idle()

    read_by_one_without("cargo-lock")
    assert (len(world.simulator.seen("GET", base)), len(world.simulator.seen("GET", own))) == (1, 1)
    assert world.rows("SELECT DISTINCT fingerprint FROM layer_chain") == [(FINGERPRINT,)]
    read_by_one_without("npm-package")
    assert (len(world.simulator.seen("GET", base)), len(world.simulator.seen("GET", own))) == (1, 2)
    assert world.rows("SELECT fingerprint FROM layer_chain") == [(FINGERPRINT,)]
    assert world.findings() == EXPECTED
    assert world.rows("SELECT * FROM monitoring ORDER BY id") == watch  # the same inventory goes on


def test_what_cannot_be_read_again_keeps_what_it_has_and_rests(world: World) -> None:
    world.push("team/app", vulnerable_image())
    world.app.run_until_idle()
    with world.app.database.transaction() as connection:
        connection.execute("UPDATE layer_chain SET fingerprint = 'reader=0'")
        connection.execute("UPDATE layer_evidence SET fingerprint = 'reader=0'")
    world.simulator.fault("/blobs/" + layer_blob(app_layer()).digest, Reply(403))
    world.app.queue.reread()
    world.app.run_until_idle()
    assert world.images() == [("indexed", "", "")]
    assert world.findings() == EXPECTED
    assert world.rows("SELECT fingerprint, attempts FROM index_failure") == [(FINGERPRINT, 1)]


def test_keys_made_by_older_schemes_are_made_anew_from_the_stored_documents_and_no_finding_ends(world: World) -> None:
    world.push("team/app", vulnerable_image())
    world.app.run_until_idle()
    exposures = world.rows("SELECT * FROM exposure ORDER BY id")
    keys = "SELECT ecosystem, scheme, scheme_number, low, high FROM affected_range WHERE to_rev = 2147483647 ORDER BY 1"
    right = world.rows(keys)
    with world.app.database.transaction() as connection:
        connection.execute("UPDATE package SET scheme_number = 0, key = '\\x30'")
        connection.execute("UPDATE affected_range SET scheme_number = 0, low = '\\x30', content = '\\x00'")
    world.app.queue.rekey()
    world.app.run_until_idle()
    assert world.rows(keys) == right
    assert world.rows("SELECT * FROM exposure ORDER BY id") == exposures
    assert world.findings() == EXPECTED
    assert world.rows("SELECT count(*) FROM package WHERE scheme_number = 0") == [(0,)]


def test_news_heard_twice_and_in_any_order_come_to_the_same_end(world: World) -> None:
    built = vulnerable_image()
    world.simulator.add("team/app", built, "latest")
    push = world.event("push", "team/app", built, "latest")
    pull = world.event("pull", "team/app", built)
    news = [push, pull] * 3
    random.Random(7).shuffle(news)
    for event in news:
        world.notify(event)
        world.app.run_until_idle()
    assert world.findings() == EXPECTED
    heard = "SELECT kind, count(*) FROM registry_event WHERE origin = 'webhook' GROUP BY kind ORDER BY kind"
    assert world.rows(heard) == [
        ("pulled", 1),
        ("pushed", 1),
    ]
    assert len(world.rows("SELECT id FROM image")) == 1
    assert world.rows("SELECT pulled_by FROM clocks") == [("dev",)]


def test_news_heard_a_thousand_times_are_news_once(world: World) -> None:
    built = vulnerable_image()
    world.simulator.add("team/app", built, "latest")
    push = world.event("push", "team/app", built, "latest")
    for _ in range(10):
        world.notify(*[push] * 100)
    world.app.run_until_idle()
    assert world.findings() == EXPECTED
    assert world.rows("SELECT count(*) FROM registry_event WHERE origin = 'webhook'") == [(1,)]
    assert world.rows("SELECT count(*) FROM notice") == [(10,)]


def test_a_pull_heard_before_its_push_is_not_lost(world: World) -> None:
    built = vulnerable_image()
    world.simulator.add("team/app", built, "latest")
    world.notify(world.event("pull", "team/app", built))
    world.notify(world.event("push", "team/app", built, "latest"))
    world.app.run_until_idle()
    assert world.findings() == EXPECTED
    assert world.rows("SELECT pulled_by, pushed_at IS NOT NULL FROM clocks") == [("dev", True)]


@pytest.mark.parametrize("body", [b"", b"\xff\0", b"[]", b'{"events": [{"id": "x"}, 5]}', b'{"events": ' + b"[" * 5000])
def test_a_notice_that_makes_no_sense_is_kept_with_its_problem_and_holds_nobody_up(world: World, body: bytes) -> None:
    world.notify(body=body)
    world.push("team/app", vulnerable_image())
    world.app.run_until_idle()
    assert world.findings() == EXPECTED
    problems = world.rows("SELECT problem <> '', read_at IS NOT NULL FROM notice ORDER BY id")
    assert problems == [(True, True), (False, True)]


def test_a_registry_that_is_down_is_asked_again(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.simulator.fault("/manifests/", Reply(503), times=4)
    world.push("team/app", vulnerable_image())
    world.app.run_until_idle()
    assert world.findings() == []
    assert world.jobs() == [("resolve", "todo", 1, 0)]
    reasons = world.rows("SELECT status_reason, problem LIKE 'registry unavailable%%503%%' FROM unresolved_manifest")
    assert reasons == [("PENDING_INITIAL_SCAN", True)]
    told = [vars(line).get("fields", {}) for line in caplog.records]
    assert [(fields["step"], fields["outcome"], fields["error"]) for fields in told if "step" in fields] == [
        ("resolve", "retry", "RegistryUnavailableError")
    ]
    world.let_time_come()
    world.app.run_until_idle()
    assert world.findings() == EXPECTED
    assert world.rows("SELECT digest FROM unresolved_manifest") == []


def test_a_registry_that_breaks_off_while_layers_are_read_is_asked_again_for_the_rest(world: World) -> None:
    built = vulnerable_image()
    own = layer_blob(app_layer()).digest
    world.simulator.fault(own, Reply(503), times=4)
    world.push("team/app", built)
    world.app.run_until_idle()
    (image,) = world.images()
    assert image[:2] == ("pending", "")
    assert "status 503" in image[2]  # whoever wonders why nothing happens is told
    base = layer_blob(base_layer()).digest
    assert len(world.simulator.seen("GET", base)) == 1
    world.let_time_come()
    world.app.run_until_idle()
    assert world.findings() == EXPECTED
    assert len(world.simulator.seen("GET", base)) == 1


def test_a_registry_that_asks_to_wait_is_left_alone_for_as_long(world: World) -> None:
    world.simulator.fault("/manifests/", Reply(429, {"Retry-After": "1000"}), times=1)
    world.push("team/app", vulnerable_image())
    world.app.run_until_idle()
    waits = world.rows(
        "SELECT extract(epoch FROM scheduled_at - now()) FROM procrastinate_jobs WHERE task_name = 'resolve'"
    )
    assert len(waits) == 1
    assert 990 < waits[0][0] < 1260
    world.let_time_come()
    world.app.run_until_idle()
    assert world.findings() == EXPECTED


def test_a_registry_that_refuses_us_is_shown_as_such(world: World) -> None:
    world.simulator.fault("/manifests/", Reply(403))
    world.push("team/app", vulnerable_image())
    world.app.run_until_idle()
    reasons = world.rows(
        "SELECT status_reason, problem LIKE 'registry refused access (403)%%' FROM unresolved_manifest"
    )
    assert reasons == [("ACCESS_DENIED", True)]
    assert world.jobs() == []


def test_an_image_whose_layers_were_refused_is_read_when_it_is_heard_of_again(world: World) -> None:
    built = vulnerable_image()
    world.simulator.fault("/blobs/" + layer_blob(app_layer()).digest, Reply(403))
    world.push("team/app", built)
    world.app.run_until_idle()
    assert [image[:2] for image in world.images()] == [("failed", "ACCESS_DENIED")]
    world.simulator.faults.clear()
    world.notify(world.event("push", "team/app", built, "latest"))
    world.app.run_until_idle()
    assert world.findings() == EXPECTED


def test_what_was_refused_is_read_by_itself_when_access_is_mended(world: World) -> None:
    refused, half_refused = vulnerable_image("refused"), vulnerable_image("half")
    world.simulator.fault(f"/manifests/{refused.digest}", Reply(403))
    world.simulator.fault("/blobs/" + layer_blob(app_layer("half")).digest, Reply(403))
    world.push("team/one", refused)
    world.push("team/two", half_refused)
    world.app.run_until_idle()
    assert world.findings() == []
    world.simulator.faults.clear()
    world.app.queue.pick_up_forgotten()
    world.app.run_until_idle()
    assert world.findings() == []  # nobody asks every minute
    world.app.advance_clock(timedelta(hours=1))
    world.app.queue.pick_up_forgotten()
    world.app.run_until_idle()
    assert world.findings() == sorted(EXPECTED * 2)


def test_an_image_that_is_gone_before_it_was_read_is_no_mistake(world: World) -> None:
    built = vulnerable_image()
    world.notify(world.event("push", "team/app", built, "latest"))
    world.app.run_until_idle()
    assert world.rows("SELECT status_reason FROM unresolved_manifest") == [("RESOURCE_TERMINATED",)]
    assert world.jobs() == []


def test_a_malformed_layer_marks_its_image_and_no_other(world: World) -> None:
    broken = build_image([base_layer(), b"not a tar at all" * 100])
    world.push("team/broken", broken)
    world.push("team/app", vulnerable_image())
    world.app.run_until_idle()
    marks = sorted(world.images())
    assert marks[1] == ("indexed", "", "")
    assert marks[0][:2] == ("failed", "INVALID_ARTIFACT")
    assert marks[0][2].startswith("malformed layer sha256:")
    assert world.findings() == EXPECTED
    assert world.jobs() == []


def test_a_layer_whose_bytes_are_not_what_its_digest_says_is_tried_once_more(world: World) -> None:
    own = layer_blob(app_layer()).digest
    other = layer_blob(layer_tar({"a": b"b" * 100})).content
    world.simulator.fault(own, lambda _request, honest: Reply(200, honest.headers, other[: len(honest.body)]), times=1)
    world.push("team/app", vulnerable_image())
    world.app.run_until_idle()
    if world.images()[0][0] == "pending":
        assert world.jobs() == [("index", "todo", 1, -1)]
        world.let_time_come()
        world.app.run_until_idle()
    assert world.findings() == EXPECTED


def test_a_new_advisory_finds_images_without_asking_their_registry(world: World) -> None:
    world.push("team/app", vulnerable_image())
    world.app.run_until_idle()
    before = len(world.simulator.requests)
    world.bucket.put(
        "PyPI",
        osv_record(
            "PYSEC-2026-9", name="requests", fixed="2.32.0", modified="2026-07-02T00:00:00Z", aliases=["CVE-2026-9"]
        ),
    )
    world.update_feeds()
    assert ("CVE-2026-9", "requests", "2.30.0", "2.32.0", "ACTIVE") in world.findings()
    assert len(world.simulator.requests) == before


def test_a_withdrawn_advisory_closes_its_findings(world: World) -> None:
    world.push("team/app", vulnerable_image())
    world.app.run_until_idle()
    world.bucket.withdraw("PyPI", "PYSEC-2026-2", "2026-07-03T00:00:00Z")
    world.update_feeds()
    assert world.findings() == [EXPECTED[0], EXPECTED[2]]
    assert (*EXPECTED[1][:4], "CLOSED") in world.findings(closed=True)


def test_a_withdrawal_that_lies_ahead_closes_its_findings_when_its_time_has_come(world: World) -> None:
    world.push("team/app", vulnerable_image())
    world.app.run_until_idle()
    later = {"modified": "2026-07-02T00:00:00Z", "withdrawn": (world.app.clock.now() + timedelta(hours=1)).isoformat()}
    world.bucket.put("PyPI", world.bucket.record("PyPI", "PYSEC-2026-2") | later)
    world.update_feeds()
    assert world.findings() == EXPECTED
    world.app.advance_clock(timedelta(hours=2))
    world.app.run_until_idle()
    assert world.findings() == [EXPECTED[0], EXPECTED[2]]


def test_a_feed_that_is_broken_keeps_what_was_known_and_says_so(world: World) -> None:
    world.push("team/app", vulnerable_image())
    world.app.run_until_idle()
    listing = world.bucket.folder / "PyPI" / "modified_id.csv"
    good = listing.read_bytes()
    listing.write_bytes(b"\0garbage")
    world.update_feeds()
    assert world.findings() == EXPECTED
    problems = dict(world.rows("SELECT ecosystem, problem FROM feed"))
    assert problems["PyPI"] != ""
    assert (problems["Debian"], problems["npm"]) == ("", "")
    listing.write_bytes(good)
    world.update_feeds()
    assert world.rows("SELECT problem FROM feed WHERE ecosystem = 'PyPI'") == [("",)]


def test_an_image_nobody_uses_expires_and_a_pull_wakes_it_without_reading_a_layer(world: World) -> None:
    built = vulnerable_image()
    world.push("team/app", built)
    world.app.run_until_idle()
    world.app.advance_clock(timedelta(days=91))
    world.app.run_until_idle()
    assert world.findings() == []
    assert world.findings(closed=True) == [(*finding[:4], "CLOSED") for finding in EXPECTED]
    assert world.rows("SELECT watched FROM clocks") == [(False,)]
    before = len(world.simulator.requests)
    world.notify(world.event("pull", "team/app", built))
    world.app.run_until_idle()
    assert world.findings() == EXPECTED
    assert len(world.simulator.requests) == before


def test_shorter_windows_take_effect_by_themselves(world: World) -> None:
    world.push("team/app", vulnerable_image())
    world.app.run_until_idle()
    world.app.advance_clock(timedelta(days=10))
    assert str(world.app.request_windows(WindowWish("DAYS_3", "DAYS_7")).status) == "PENDING"
    world.app.run_until_idle()
    assert str(world.app.rescan_settings.load("123456789012").status) == "SUCCESS"
    assert world.findings() == []


def test_polling_finds_a_push_that_nobody_told_us_of(world: World) -> None:
    world.simulator.add("team/quiet", vulnerable_image(), "latest")
    world.app.queue.poll(world.registry.id)
    world.app.run_until_idle()
    assert world.findings() == EXPECTED
    assert world.rows("SELECT poll_problem, polled_at IS NOT NULL FROM registry") == [("", True)]


def test_a_poll_that_fails_is_noted_and_left_to_the_clock(world: World) -> None:
    world.simulator.fault("/_catalog", Reply(503))
    world.app.queue.poll(world.registry.id)
    world.app.run_until_idle()
    assert world.rows("SELECT poll_problem LIKE 'registry unavailable%%' FROM registry") == [(True,)]
    assert world.jobs() == []


def test_work_whose_job_was_lost_is_picked_up(world: World) -> None:
    world.push("team/app", vulnerable_image())
    world.rows("DELETE FROM procrastinate_jobs RETURNING 1")
    world.app.queue.pick_up_forgotten()
    world.app.run_until_idle()
    assert world.findings() == EXPECTED
    world.push("team/other", vulnerable_image("other"))
    world.app.queue.read_notices()
    _run_but(world, "index")
    world.rows("DELETE FROM procrastinate_jobs RETURNING 1")
    world.app.queue.pick_up_forgotten()
    world.app.run_until_idle()
    assert len(world.findings()) == 2 * len(EXPECTED)


def _run_but(world: World, task: str) -> None:
    """Run everything until a job of this task waits, and leave it there."""
    world.rows(
        "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.scheduled_at := '9999-01-01'; RETURN NEW; END $$"
    )
    world.rows(
        "CREATE TRIGGER hold BEFORE INSERT ON procrastinate_jobs FOR EACH ROW "
        f"WHEN (NEW.task_name = '{task}') EXECUTE FUNCTION hold()"
    )
    world.app.run_until_idle()
    world.rows("DROP TRIGGER hold ON procrastinate_jobs")


def test_notices_of_a_registry_that_was_removed_are_laid_aside(world: World) -> None:
    world.push("team/app", vulnerable_image())
    world.app.registries.remove("123456789012", "local")
    world.app.run_until_idle()
    assert world.findings() == []
    assert world.rows("SELECT problem FROM notice") == [("the registry was removed",)]
