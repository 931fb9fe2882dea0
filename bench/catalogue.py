"""All subjects, in the order in which they stand on the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.bed import Bed
from bench.figures import Section
from bench.subjects import cold_layer, command_help, version_keys


@dataclass(frozen=True, slots=True)
class Subject:
    """A name for the command line, and what is done under it."""

    name: str
    measure: Callable[[Bed], Section]


SUBJECTS: tuple[Subject, ...] = (
    Subject("version-keys", version_keys.measure),
    Subject("cold-layer", cold_layer.measure),
    Subject("command-help", command_help.measure),
)
