"""The part of /metrics that tells whether the work is kept up with: jobs by task, and who does them."""

from __future__ import annotations

from collections import Counter

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from dogwatch.model.jobs import JobCount, WorkerProcess


def job_metrics(counts: tuple[JobCount, ...]) -> tuple[Metric, ...]:
    """Return jobs by task and state, and the age of the oldest that waits."""
    jobs = GaugeMetricFamily(
        "dogwatch_jobs",
        "Jobs by task: waiting for a worker, later (a retry), running, failed within a week.",
        labels=["task", "state"],
    )
    oldest = GaugeMetricFamily(
        "dogwatch_oldest_waiting_job_seconds", "For how long the first job of a task has waited.", labels=["task"]
    )
    for one in counts:
        for state in ("waiting", "later", "running", "failed"):
            jobs.add_metric([one.task, state], getattr(one, state))
        oldest.add_metric([one.task], one.oldest_seconds or 0.0)
    return jobs, oldest


def process_metrics(processes: tuple[WorkerProcess, ...]) -> tuple[Metric, ...]:
    """Return how many processes do jobs on each host. One that died is not counted; a host without any stays at 0."""
    at_work = GaugeMetricFamily("dogwatch_worker_processes", "Processes that do jobs, by host.", labels=["host"])
    alive = Counter(one.host for one in processes if one.is_alive)
    for host in sorted({one.host for one in processes}):
        at_work.add_metric([host], alive[host])
    return (at_work,)
