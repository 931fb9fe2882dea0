"""GET /metrics: images by status, feeds, notices, for Prometheus. Labels are bounded by what the operator set up.

Images and feeds are read at a scrape, with one cheap query each, and kept for some seconds.
"""

from __future__ import annotations

import platform
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from dogwatch.model.audits import AuditedRow
from dogwatch.model.coverage import CoverageCount
from dogwatch.model.errors import StoreError
from dogwatch.serve.hooks.receiver import RESULTS
from dogwatch.serve.job_metrics import job_metrics, process_metrics
from dogwatch.serve.limits import MAX_METRIC_REGISTRIES, METRICS_FRESH_SECONDS
from dogwatch.serve.looked_at import feed
from dogwatch.serve.ports import Health, Views

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Everything that /metrics shows. `notices` counts webhooks by result."""

    def __init__(self, views: Views, health: Health, version: str) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._notices = Counter(
            "dogwatch_notices", "Webhook notices by what became of them.", ["result"], registry=self._registry
        )
        for result in RESULTS:
            self._notices.labels(result)  # a series that begins at 0 has a rate from the first event on
        build = Gauge("dogwatch_build_info", "The running version.", ["version", "python"], registry=self._registry)
        build.labels(version, platform.python_version()).set(1)
        self._registry.register(_Readings(views, health))

    def count_notice(self, result: str) -> None:
        """Count one webhook notice."""
        self._notices.labels(result).inc()

    def render(self) -> bytes:
        """Return the text of /metrics; may wait for the database."""
        return generate_latest(self._registry)


@dataclass(frozen=True, slots=True)
class _Reading:
    at: float
    families: tuple[Metric, ...]


class _Readings:
    """Reads the database for a scrape; several scrapes within some seconds share a reading."""

    def __init__(self, views: Views, health: Health) -> None:
        self._views = views
        self._health = health
        self._lock = threading.Lock()
        self._last: _Reading | None = None

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        with self._lock:
            if self._last is None or time.monotonic() - self._last.at > METRICS_FRESH_SECONDS:
                self._last = _Reading(time.monotonic(), self._read())
            yield from self._last.families

    def _read(self) -> tuple[Metric, ...]:
        up = GaugeMetricFamily("dogwatch_database_up", "Whether the database answered at this scrape.")
        try:
            families = (
                *_images(self._health.coverage_of_all()),
                *self._feeds(),
                *self._audit(),
                *job_metrics(self._health.count_jobs()),
                *process_metrics(self._health.worker_processes()),
            )
        except StoreError:
            up.add_metric([], 0)
            return (up,)
        up.add_metric([], 1)
        return (up, *families)

    def _feeds(self) -> tuple[Metric, ...]:
        labels = ["source", "ecosystem"]
        age = GaugeMetricFamily("dogwatch_feed_age_seconds", "Seconds since a feed was last looked at.", labels=labels)
        records = GaugeMetricFamily("dogwatch_feed_records", "Records of a feed in force.", labels=labels)
        stale = GaugeMetricFamily("dogwatch_feed_stale", "1 past its expected age or never imported.", labels=labels)
        lost = GaugeMetricFamily(
            "dogwatch_feed_unconfirmed_loss", "Records that a feed lost and that stay until confirmed.", labels=labels
        )
        now = self._views.now()
        for one in self._views.feeds():
            values = [one.source, one.ecosystem]
            seen = feed(one, now)["age_seconds"]
            if seen is not None:
                age.add_metric(values, seen)
            records.add_metric(values, one.records)
            stale.add_metric(values, int(one.stale or one.missing))
            lost.add_metric(values, one.unconfirmed_loss)
        return age, records, stale, lost

    def _audit(self) -> tuple[Metric, ...]:
        age = GaugeMetricFamily("dogwatch_audit_age_seconds", "Seconds since the newest audit began.")
        differing = GaugeMetricFamily(
            "dogwatch_audit_differing_rows", "Rows that the newest audit found to differ.", labels=["kind"]
        )
        found = self._views.last_audit()
        if found is not None:
            age.add_metric([], (self._views.now() - found.began_at).total_seconds())
            counts = dict(found.counts)
            for kind in AuditedRow:
                differing.add_metric([str(kind)], counts.get(kind, 0))
        return age, differing


def _images(counts: tuple[CoverageCount, ...]) -> tuple[Metric, ...]:
    images = GaugeMetricFamily(
        "dogwatch_images", "Images by registry and status.", labels=["account", "registry", "status", "reason"]
    )
    gaps = GaugeMetricFamily(
        "dogwatch_gaps", "What could not be seen in images.", labels=["account", "registry", "status", "reason"]
    )
    unresolved = GaugeMetricFamily(
        "dogwatch_unresolved_manifests",
        "Manifests that could not be resolved, so that nobody knows whether they are images.",
        labels=["account", "registry", "status", "reason"],
    )
    dropped = GaugeMetricFamily("dogwatch_series_dropped", "Registries without series of their own.")
    places = sorted({(one.account_id, one.registry_alias) for one in counts})
    shown = set(places[:MAX_METRIC_REGISTRIES])
    for one in counts:
        if (one.account_id, one.registry_alias) in shown:
            labels = [one.account_id, one.registry_alias, str(one.status_code), str(one.status_reason)]
            images.add_metric(labels, one.images)
            gaps.add_metric(labels, one.gaps)
            unresolved.add_metric(labels, one.unresolved)
    dropped.add_metric([], len(places) - len(shown))
    return images, gaps, unresolved, dropped
