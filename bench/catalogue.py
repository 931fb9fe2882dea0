"""All subjects, in the order in which they stand on the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.bed import Bed
from bench.figures import Section
from bench.subjects import (
    changed_advisory,
    cold_layer,
    command_help,
    everything,
    feed_import,
    findings_page,
    known_base,
    notices,
    service_start,
    version_keys,
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A name for the command line, and what is done under it."""

    name: str
    measure: Callable[[Bed], Section]


SUBJECTS: tuple[Subject, ...] = (
    Subject("version-keys", version_keys.measure),
    Subject("cold-layer", cold_layer.measure),
    Subject("known-base", known_base.measure),
    Subject("feed-import", feed_import.measure),
    Subject("changed-advisory", changed_advisory.measure),
    Subject("everything", everything.measure),
    Subject("notices", notices.measure),
    Subject("findings-page", findings_page.measure),
    Subject("service", service_start.measure),
    Subject("command-help", command_help.measure),
)
