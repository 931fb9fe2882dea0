"""All subjects, in the order in which they stand on the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.bed import Bed
from bench.figures import Section
from bench.subjects import (
    all_feeds,
    archives,
    changed_advisory,
    cold_layer,
    command_line,
    costs,
    database_size,
    everything,
    feed_day,
    feed_import,
    finding_lists,
    first_finding,
    image_lists,
    judgement,
    known_base,
    notices,
    scan_image,
    service_at_scale,
    service_start,
    version_keys,
    what_if,
    windows,
    workers,
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A name for the command line, and what is done under it."""

    name: str
    measure: Callable[[Bed], Section]


SUBJECTS: tuple[Subject, ...] = (
    Subject("version-keys", version_keys.measure),
    Subject("cold-layer", cold_layer.measure),
    Subject("archives", archives.measure),
    Subject("known-base", known_base.measure),
    Subject("scan-image", scan_image.measure),
    Subject("feed-import", feed_import.measure),
    Subject("all-feeds", all_feeds.measure),
    Subject("judgement", judgement.measure),
    Subject("changed-advisory", changed_advisory.measure),
    Subject("everything", everything.measure),
    Subject("notices", notices.measure),
    Subject("workers", workers.measure),
    Subject("finding-lists", finding_lists.measure),
    Subject("image-lists", image_lists.measure),
    Subject("what-if", what_if.measure),
    Subject("windows", windows.measure),
    Subject("costs", costs.measure),
    Subject("feed-day", feed_day.measure),
    Subject("database-size", database_size.measure),
    Subject("service-at-scale", service_at_scale.measure),
    Subject("service", service_start.measure),
    Subject("first-finding", first_finding.measure),
    Subject("command-line", command_line.measure),
)
