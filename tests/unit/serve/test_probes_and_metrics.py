"""What orchestrators and Prometheus see."""

from __future__ import annotations

import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dogwatch.model.audits import AuditedRow
from dogwatch.model.errors import StoreUnavailableError
from dogwatch.model.jobs import JobCount, WorkerProcess
from dogwatch.model.monitoring import StatusCode, StatusReason
from dogwatch.serve.http import Application
from dogwatch.serve.limits import MAX_METRIC_REGISTRIES
from tests.serve.asgi import LOCAL, call
from tests.serve.asking import bearer
from tests.serve.callers import ACCOUNT, ADMIN
from tests.serve.rooms import Rooms
from tests.serve.shown import GAP, make_audit, make_feed, make_image, make_unresolved
from tests.waiting import PATIENCE_SECONDS

Labels = tuple[tuple[str, str], ...]


def scrape(app: Application) -> dict[tuple[str, Labels], float]:
    reply = call(app, "GET", "/metrics")
    assert reply.status == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(reply.body.decode())
        for sample in family.samples
    }


def test_a_process_that_runs_is_alive_whatever_the_database_does() -> None:
    rooms = Rooms(failure=StoreUnavailableError("away"))
    reply = call(rooms.app(), "GET", "/livez", headers={"host": "10.0.0.1"}, client="10.0.0.9")
    assert (reply.status, reply.json) == (200, {"status": "alive"})


def test_it_is_ready_when_the_database_is_and_nobody_ends_it() -> None:
    app = Rooms().app()
    reply = call(app, "GET", "/readyz", headers={"host": "10.0.0.1"}, client="10.0.0.9")
    assert (reply.status, reply.json) == (200, {"status": "ready"})
    app.begin_shutdown()
    reply = call(app, "GET", "/readyz")
    assert (reply.status, reply.json) == (503, {"status": "not ready", "reason": "shutting down"})


@pytest.mark.parametrize(
    "rooms",
    [
        Rooms(problem="schema is older than this version, at secret-host"),
        Rooms(failure=StoreUnavailableError("secret-host")),
        Rooms(failure=ZeroDivisionError("secret-host")),
    ],
)
def test_it_is_not_ready_without_its_database_and_does_not_say_where_that_is(rooms: Rooms) -> None:
    reply = call(rooms.app(), "GET", "/readyz")
    assert (reply.status, reply.json) == (503, {"status": "not ready", "reason": "database"})


def test_a_database_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dogwatch.serve.probes.PROBE_SECONDS", 0.1)
    assert call(Rooms(delay_seconds=2.0).app(), "GET", "/readyz").status == 503


def test_readiness_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dogwatch.serve.probes.PROBE_FRESH_SECONDS", 0.0)
    rooms = Rooms(problem="starting")
    app = rooms.app()
    assert call(app, "GET", "/readyz").status == 503
    rooms.problem = ""
    time.sleep(0.01)
    assert call(app, "GET", "/readyz").status == 200


def test_metrics_show_images_feeds_and_the_build() -> None:
    expired = make_image(
        image_id=2, status_code=StatusCode.INACTIVE, status_reason=StatusReason.SCAN_ELIGIBILITY_EXPIRED
    )
    missing = make_feed(ecosystem="npm", records=0, missing=True, checked_at=None)
    seen = scrape(
        Rooms(
            image_rows=[make_image(gaps=(GAP,)), expired],
            unresolved_rows=[make_unresolved()],
            known_feeds=[make_feed(unconfirmed_loss=900), missing],
        ).app(open_loopback=True)
    )

    def place(status: str, reason: str) -> Labels:
        return (("account", ACCOUNT), ("reason", reason), ("registry", "harbour"), ("status", status))

    debian = (("ecosystem", "Debian"), ("source", "osv"))
    npm = (("ecosystem", "npm"), ("source", "osv"))
    assert seen["dogwatch_images", place("ACTIVE", "SUCCESSFUL")] == 1
    assert seen["dogwatch_images", place("INACTIVE", "SCAN_ELIGIBILITY_EXPIRED")] == 1
    assert seen["dogwatch_gaps", place("ACTIVE", "SUCCESSFUL")] == 1
    assert seen["dogwatch_unresolved_manifests", place("INACTIVE", "ACCESS_DENIED")] == 1
    assert seen["dogwatch_feed_age_seconds", debian] == 3600
    assert ("dogwatch_feed_age_seconds", npm) not in seen
    assert (seen["dogwatch_feed_records", debian], seen["dogwatch_feed_stale", debian]) == (1000, 0)
    assert seen["dogwatch_feed_stale", npm] == 1
    assert (seen["dogwatch_feed_unconfirmed_loss", debian], seen["dogwatch_feed_unconfirmed_loss", npm]) == (900, 0)
    assert seen["dogwatch_database_up", ()] == 1
    assert [value for (name, _), value in seen.items() if name == "dogwatch_build_info"] == [1]


def test_scrapes_share_a_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dogwatch.serve.metrics.METRICS_FRESH_SECONDS", PATIENCE_SECONDS)
    rooms = Rooms()
    app = rooms.app(open_loopback=True)
    before = scrape(app)
    rooms.image_rows = []
    images = {key for key in before if key[0] == "dogwatch_images"}
    assert images
    assert images <= set(scrape(app))


def test_metrics_are_there_without_the_database() -> None:
    seen = scrape(Rooms(failure=StoreUnavailableError("away")).app(open_loopback=True))
    assert seen["dogwatch_database_up", ()] == 0
    assert seen["dogwatch_notices_total", (("result", "accepted"),)] == 0


def test_series_are_bounded() -> None:
    images = [
        make_image(image_id=number, registry_alias=f"r{number:04}") for number in range(MAX_METRIC_REGISTRIES + 7)
    ]
    seen = scrape(Rooms(image_rows=images).app(open_loopback=True))
    assert sum(name == "dogwatch_images" for name, _ in seen) == MAX_METRIC_REGISTRIES
    assert seen["dogwatch_series_dropped", ()] == 7


def test_a_scraper_elsewhere_needs_a_key() -> None:
    app = Rooms().app()
    assert call(app, "GET", "/metrics").status == 403
    headers = {**LOCAL, "authorization": bearer(ADMIN)}
    assert call(app, "GET", "/metrics", headers=headers, client="192.0.2.1").status == 200
    assert call(app, "POST", "/metrics", headers=headers).status == 405


def test_metrics_show_what_the_last_audit_found() -> None:
    assert not [name for name, _ in scrape(Rooms().app(open_loopback=True)) if name.startswith("dogwatch_audit")]
    seen = scrape(Rooms(audit=make_audit((AuditedRow.MATCH, 2))).app(open_loopback=True))
    assert seen["dogwatch_audit_age_seconds", ()] == 3600
    assert seen["dogwatch_audit_differing_rows", (("kind", "match"),)] == 2
    assert seen["dogwatch_audit_differing_rows", (("kind", "exposure"),)] == 0


def test_metrics_show_what_waits_and_who_works() -> None:
    jobs = (JobCount("index", 3, 2, 1, 0, 61.5), JobCount("sweep", 0, 0, 1, 0, None))
    here, gone = WorkerProcess("a", 17, "0.1.0", 1.0, 2), WorkerProcess("b", 18, "0.1.0", 600.0, 0)
    seen = scrape(Rooms(jobs=jobs, processes=(here, here, gone)).app(open_loopback=True))
    states = {state: seen["dogwatch_jobs", (("state", state), ("task", "index"))] for state in ("waiting", "later")}
    assert states == {"waiting": 3, "later": 2}
    assert seen["dogwatch_oldest_waiting_job_seconds", (("task", "index"),)] == 61.5
    assert seen["dogwatch_oldest_waiting_job_seconds", (("task", "sweep"),)] == 0
    assert [seen["dogwatch_worker_processes", (("host", host),)] for host in "ab"] == [2, 0]
