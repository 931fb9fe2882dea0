"""What a batch of events comes to: the latest push and pull of each manifest, the tags and deletions among them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from dogwatch.model.monitoring import Clocks
from dogwatch.model.registries import EventKind, EventOrigin
from dogwatch.store.text import MAX_KEY
from dogwatch.windows import Happening


@dataclass(frozen=True, slots=True)
class HeardEvent:
    """One stored event, as the queries give it."""

    registry_id: int
    account_id: str
    origin: str
    kind: str
    repository: str
    digest: str
    tag: str
    occurred_at: datetime
    actor: str
    user_agent: str
    own: bool
    excluded: bool = False


@dataclass(slots=True)
class ManifestNews:
    """What a batch says of one manifest. A pull that polling saw also credits what is behind an index.

    `arrived_at` is its latest push by anybody, `pushed_at` the latest that counts: not of the excluded.
    """

    arrived_at: datetime | None = None
    pushed_at: datetime | None = None
    pulled: tuple[datetime, str] | None = None
    polled: tuple[datetime, str] | None = None
    deleted: bool = False

    @property
    def heard_at(self) -> datetime | None:
        """The latest moment at which the manifest was there."""
        moments = [moment for moment in (self.arrived_at, self.pulled and self.pulled[0]) if moment is not None]
        return max(moments, default=None)


@dataclass(slots=True)
class RepositoryNews:
    """What a batch says of one repository: manifests by digest, and tags that were set or deleted."""

    registry_id: int
    account_id: str
    name: str
    manifests: dict[str, ManifestNews] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)

    @property
    def exists(self) -> bool:
        """Whether something was there: a deletion alone makes no repository known."""
        return any(news.heard_at is not None for news in self.manifests.values())


def gather(events: Iterable[HeardEvent]) -> list[RepositoryNews]:
    """Sort events by repository; our own reads say nothing, and pulls of the excluded neither."""
    found: dict[tuple[int, str], RepositoryNews] = {}
    for event in events:
        if event.own or (event.excluded and event.kind == EventKind.PULLED):
            continue
        key = (event.registry_id, event.repository)
        if key not in found:
            found[key] = RepositoryNews(event.registry_id, event.account_id, event.repository)
        _add(found[key], event)
    return [found[key] for key in sorted(found)]


def happening(news: ManifestNews, *, through_index: bool) -> Happening:
    """Return what a manifest's news mean for an image: itself, or one behind an index.

    An index that was pulled credits its images only where polling saw it: a client's fetch of the platform that it runs
    comes as an event of its own.
    """
    pulled_at, pulled_by = (news.polled if through_index else news.pulled) or (None, "")
    return Happening(Clocks(news.pushed_at, pulled_at), pulled_by)


def joined(one: Happening | None, other: Happening) -> Happening:
    """Merge what happened to one image through several manifests; the order does not matter."""
    if one is None:
        return other
    pushed = [moment for moment in (one.clocks.pushed_at, other.clocks.pushed_at) if moment is not None]
    pulls = [(each.clocks.pulled_at, each.pulled_by) for each in (one, other) if each.clocks.pulled_at is not None]
    pulled_at, pulled_by = max(pulls, default=(None, ""))
    return Happening(Clocks(max(pushed, default=None), pulled_at), pulled_by, replayed=one.replayed)


def _add(repository: RepositoryNews, event: HeardEvent) -> None:
    if event.tag and event.kind != EventKind.PULLED:
        repository.tags.add(event.tag)
    if not event.digest:
        return
    news = repository.manifests.setdefault(event.digest, ManifestNews())
    if event.kind == EventKind.PUSHED:
        news.arrived_at = _later(news.arrived_at, event.occurred_at)
        if not event.excluded:
            news.pushed_at = _later(news.pushed_at, event.occurred_at)
    elif event.kind == EventKind.DELETED:
        news.deleted = True
    else:
        pull = (event.occurred_at, (event.actor or event.user_agent)[:MAX_KEY])
        news.pulled = max(news.pulled or pull, pull)
        if event.origin == EventOrigin.POLL:
            news.polled = max(news.polled or pull, pull)


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)
