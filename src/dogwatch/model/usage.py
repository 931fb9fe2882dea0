"""Images seen running: what a cluster reports, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

MAX_SEEN = 5_000
"""Containers in one report: more do not fit the bytes of a request, and a larger cluster sends several."""

MAX_PLACES = 100
"""Workloads kept of one image, the latest seen: a base tool may run in every namespace, and nobody reads them all."""

MAX_TOLD = 100
"""Names and refusals told in the answer to one report; the counts are whole."""

IN_USE_FOR = timedelta(hours=24)
"""How long what was seen running counts as in use: clusters report at least daily, and the original counts as long."""


@dataclass(frozen=True, slots=True)
class ImageName:
    """What a cluster calls an image: a digest, or a tag in a repository.

    `host` and `repository` are a hint beside a digest: the same image may have been pulled before under another name,
    or through a mirror.
    """

    host: str
    repository: str
    tag: str
    digest: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One container, or `count` alike, of a workload. `platform` is `os/architecture` of the node, or empty."""

    text: str
    name: ImageName
    namespace: str
    workload: str
    seen_at: datetime
    platform: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class UsageReport:
    """What one cluster saw running."""

    cluster: str
    by: str
    seen: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class UsageOutcome:
    """How many images were credited; what nobody here knows, first names first; how many moments were yet to come."""

    images: int
    unknown: int
    unknown_names: tuple[str, ...]
    clamped: int


@dataclass(frozen=True, slots=True)
class UseView:
    """Where an image was seen running."""

    cluster: str
    namespace: str
    workload: str
    count: int
    first_seen_at: datetime
    last_seen_at: datetime
    reported_by: str
