"""What was looked at: said with every list of findings, so that *not scanned* never reads as *no findings*."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from dogwatch.model.coverage import CoverageCount
from dogwatch.model.feeds import SAMPLE_SOURCE
from dogwatch.model.filters import Filter
from dogwatch.model.monitoring import StatusCode
from dogwatch.model.views import FeedView, ImageQuery
from dogwatch.serve.moments import iso
from dogwatch.serve.ports import Views

_MANIFESTS = ("manifest that may be an image", "manifests that may be images")


def looked_at(
    views: Views, account_id: str, texts: Mapping[str, Sequence[tuple[str, str]]], asked: Filter | None = None
) -> dict[str, Any]:
    """Say what was looked at of the images that `texts` and `asked` (filters on images) ask for, and with which feeds.

    Coverage is that of the present, also where the findings are those of an earlier moment.
    """
    now = views.now()
    counts = views.count_coverage(ImageQuery(account_id, texts=texts, filter=asked))
    feeds = views.feeds()
    reasons = [*_coverage_reasons(counts), *_advisory_reasons(feeds)]
    return {
        "at": iso(now),
        "complete": not reasons,
        "reasons": reasons,
        "facts_lacking": _lacking("facts", [(one.source, one) for one in feeds if one.is_of_facts]),
        "images": sum(count.images for count in counts),
        "unresolved": sum(count.unresolved for count in counts),
        "statuses": statuses(counts),
        "gaps": sum(count.gaps for count in counts),
        "sample_advisories": sum(one.records for one in feeds if one.source == SAMPLE_SOURCE),
        "feeds": [feed(one, now) for one in feeds],
    }


def statuses(counts: Iterable[CoverageCount]) -> list[dict[str, Any]]:
    """Return the numbers of images by status, summed over registries; what could not be resolved is told apart."""
    sums: dict[tuple[str, str], int] = {}
    for count in counts:
        key = (str(count.status_code), str(count.status_reason))
        if count.images:
            sums[key] = sums.get(key, 0) + count.images
    return [{"code": code, "reason": reason, "images": images} for (code, reason), images in sorted(sums.items())]


def feed(one: FeedView, now: datetime) -> dict[str, Any]:
    """Return how fresh a feed is; the age is that of the last look at it, None before the first."""
    age = None if one.checked_at is None else max(0, round((now - one.checked_at).total_seconds()))
    return {
        "source": one.source,
        "ecosystem": one.ecosystem,
        "records": one.records,
        "refused": one.refused,
        "partial": one.partial,
        "unread": list(one.unread),
        "checked_at": iso(one.checked_at),
        "changed_at": iso(one.changed_at),
        "age_seconds": age,
        "stale": one.stale,
        "missing": one.missing,
        "fixes_only": one.tells_fixes_only,
        "unconfirmed_loss": one.unconfirmed_loss,
        "problem": one.problem,
    }


def _coverage_reasons(counts: Sequence[CoverageCount]) -> list[str]:
    watched = [count for count in counts if count.status_code is StatusCode.ACTIVE]
    pending = [count for count in counts if count.status_reason.is_pending]
    failed = [
        count
        for count in counts
        if count.status_code is StatusCode.INACTIVE
        and not count.status_reason.is_pending
        and not count.status_reason.is_ended
    ]
    gaps = sum(count.gaps for count in watched)
    said = []
    if not sum(count.images + count.unresolved for count in counts):
        said.append("no image of this description is known")
    for several, what in ((pending, "not looked at yet"), (failed, "could not be looked at")):
        images, unresolved = (sum(one.images for one in several), sum(one.unresolved for one in several))
        said += [f"{what}: {plural(images, 'image')}"] if images else []
        said += [f"{what}: {plural(unresolved, *_MANIFESTS)}"] if unresolved else []
    if gaps:
        said.append(f"not everything could be seen: {plural(gaps, 'gap')} in watched images")
    return said


def _advisory_reasons(feeds: Sequence[FeedView]) -> list[str]:
    advisories = [(one.ecosystem, one) for one in feeds if not one.is_of_facts]
    return _lacking("advisories", advisories) if advisories else ["no feed is switched on"]


def _lacking(what: str, named: Sequence[tuple[str, FeedView]]) -> list[str]:
    missing = [name for name, one in named if one.missing]
    stale = [name for name, one in named if one.stale and not one.missing]
    said = [f"no {what} imported: {', '.join(missing)}"] if missing else []
    return [*said, f"{what} are stale: {', '.join(stale)}"] if stale else said


def plural(count: int, one: str, many: str = "") -> str:
    """Write a count with its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
